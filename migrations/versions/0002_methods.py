"""What deferred payment, other currencies and monthly plans need, and a change of price."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = {
    "currency_id": 3,
    "orderer_postal": 7,
    "orderer_address": 128,
    "consignee_postal": 7,
    "consignee_name": 64,
    "consignee_address": 128,
    "consignee_tel": 16,
}


def upgrade() -> None:
    """Add columns, an index, and the moves that change no state but are events: another price, the end of a plan."""
    for name, length in TEXTS.items():
        op.add_column("orders", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("mission_code", sa.Integer, nullable=False, server_default="1"))
    op.add_column("orders", sa.Column("new_item_price", sa.Integer))
    op.add_column("orders", sa.Column("plan_ended_at", sa.DateTime))
    op.create_index("ix_orders_leased_until", "orders", ["leased_until"])
    op.create_index("ix_orders_browser", "orders", ["browser"])  # a buyer's plans
    moves = sa.table("moves", sa.column("from_state"), sa.column("to_state"))
    op.bulk_insert(moves, [{"from_state": state, "to_state": state} for state in ("authorised", "paid")])
