"""What a process of its own does in a race for one order; imports little, since it is started several times."""

from app import create_app
from epsilon import Sale, State
from orders import Word, find_known
from settlement import believe


def hear_of_a_payment(settings: dict[str, str], number: str) -> str:
    """Hear five times that an order is paid, as a shop of its own on the same database; return where it stands."""
    shop = create_app(settings)
    with shop.app_context():
        for _ in range(5):
            record = find_known(order_number=number)
            paid = Sale(
                trans_code="500001",
                order_number=number,
                contract_code="12345678",
                state=State.PAID,
                item_price=record.item_price,
            )
            record = believe(record, paid, Word.NOTICE, contract_code="12345678")
    shop.extensions["engine"].dispose()
    return record.state.value
