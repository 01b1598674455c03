"""Orders, their events, and the moves that the database allows."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOVES = {
    "written": "sent awaiting under_review authorised paid cancelled in_question refused unknown expired",
    "unknown": "sent awaiting under_review authorised paid cancelled in_question refused expired",
    "sent": "awaiting under_review authorised paid cancelled in_question refused expired",
    "awaiting": "paid cancelled expired in_question",
    "under_review": "authorised paid refused cancelled in_question",
    "authorised": "paid cancelled in_question",
    "paid": "cancelled",
    "refused": "authorised paid in_question",
    "cancelled": "paid in_question",
    "expired": "awaiting under_review authorised paid cancelled in_question",
    "in_question": "cancelled",
}

# An order begins as written, makes only the moves in the table, and what happened to it is never rewritten.
SQLITE_RULES = (
    """CREATE TRIGGER orders_begin BEFORE INSERT ON orders WHEN NEW.state <> 'written'
    BEGIN SELECT RAISE(ABORT, 'an order begins as written'); END""",
    """CREATE TRIGGER orders_move BEFORE UPDATE OF state ON orders WHEN NEW.state <> OLD.state AND NOT EXISTS
    (SELECT 1 FROM moves WHERE from_state = OLD.state AND to_state = NEW.state)
    BEGIN SELECT RAISE(ABORT, 'an order makes no such move'); END""",
    """CREATE TRIGGER order_events_updated BEFORE UPDATE ON order_events
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER order_events_deleted BEFORE DELETE ON order_events
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
)
POSTGRESQL_RULES = (
    """CREATE FUNCTION orders_begin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.state <> 'written' THEN RAISE EXCEPTION 'an order begins as written'; END IF; RETURN NEW; END $$""",
    "CREATE TRIGGER orders_begin BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION orders_begin()",
    """CREATE FUNCTION orders_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS
    (SELECT 1 FROM moves WHERE from_state = OLD.state AND to_state = NEW.state)
    THEN RAISE EXCEPTION 'an order makes no such move'; END IF; RETURN NEW; END $$""",
    "CREATE TRIGGER orders_move BEFORE UPDATE OF state ON orders FOR EACH ROW EXECUTE FUNCTION orders_move()",
    """CREATE FUNCTION order_events_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'events are never changed'; END $$""",
    """CREATE TRIGGER order_events_kept BEFORE UPDATE OR DELETE ON order_events
    FOR EACH ROW EXECUTE FUNCTION order_events_kept()""",
)


def upgrade() -> None:
    """Make the three tables and their rules."""
    moves = op.create_table(
        "moves",
        sa.Column("from_state", sa.String(16), primary_key=True),
        sa.Column("to_state", sa.String(16), primary_key=True),
    )
    op.bulk_insert(
        moves, [{"from_state": before, "to_state": after} for before, all_ in MOVES.items() for after in all_.split()]
    )
    texts = "conveni_code redirect err_code err_detail trans_code payment_code receipt_no kigyou_code haraikomi_url"
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("purchase", sa.String(64), nullable=False, index=True),
        sa.Column("form_key", sa.String(64), nullable=False, unique=True),
        sa.Column("order_number", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("item_code", sa.String(64), nullable=False),
        sa.Column("item_name", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("item_price", sa.Integer, nullable=False),
        sa.Column("st", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("user_mail_add", sa.String(128), nullable=False),
        sa.Column("user_tel", sa.String(16), nullable=False),
        sa.Column("user_name_kana", sa.String(64), nullable=False),
        sa.Column("memo1", sa.String(128), nullable=False),
        sa.Column("memo2", sa.String(128), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts.split()),
        sa.Column("receipt_date", sa.DateTime),
        sa.Column("conveni_limit", sa.Date),
        sa.Column("conveni_time", sa.DateTime),
        sa.Column("asked_at", sa.DateTime),
        sa.Column("leased_until", sa.DateTime),
        sa.CheckConstraint("item_price > 0", name="item_price_positive"),
    )
    op.create_table(
        "order_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("from_state", sa.String(16), nullable=False),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("word", sa.String(16), nullable=False),
        sa.Column("exchange", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["from_state", "to_state"], ["moves.from_state", "moves.to_state"]),
    )
    for rule in SQLITE_RULES if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_RULES:
        op.execute(rule)
