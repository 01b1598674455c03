"""The real simulator behind real sockets, with the client that asks it, and the hands of its buyers and merchants."""

from dataclasses import replace
from typing import Any

import requests

import simulator
from epsilon import METHODS, Client, Order, Redirect, Sale, st_code
from tests.epsilon.fake_epsilon import DELIVERY

PERSON: dict[str, Any] = {
    "user_id": "hanako-1",
    "user_name": "髙橋①㈱ｱｲｳ～",
    "user_mail_add": "hanako@example.com",
}
GOODS: dict[str, Any] = {
    "item_code": "TEA-1",
    "item_name": "煎茶①㈱ｱｲｳ～",
    "memo1": "庭に犬がいます～",
    "memo2": "﨑山様方",
}
VISA, JCB = "4242 4242 4242 4242", "3530 1113 3330 0000"


def order(*positions: int, **changes: Any) -> Order:
    """Order tea by these methods, card where none is named, with all that they need; but for ``changes``."""
    needs = DELIVERY if positions == (18,) else {}
    offered: dict[str, Any] = {"order_number": "A1", "item_price": 980, "st_code": st_code(*(positions or (1,)))}
    return Order(**{**PERSON, **GOODS, **offered, **needs, **changes})


class Simulated:
    """A local Epsilon, its only client, and everybody else who presses its buttons."""

    def __init__(self, server: simulator.Server, client: Client) -> None:
        self.url = server.url
        self.client = client

    def api(self, verb: str, path: str, **body: Any) -> Any:
        """Call the simulator's JSON API."""
        answer = requests.request(verb, f"{self.url}/api/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def act(self, act: str, order_number: str = "A1", **body: str) -> None:
        """Do with an order what a buyer, a counter or the merchant does."""
        [found] = self.api("GET", f"transactions?order_number={order_number}")["transactions"]
        self.api("POST", f"transactions/{found['trans_code']}/{act}", **body)

    def pay(self, position: int, order_number: str = "A1") -> None:
        """Have the buyer choose the method, take a number where it has one, and pay."""
        method = {"payment_code": METHODS[position].payment_code}
        if position in (3, 7, 22):
            self.act("issue", order_number, **method)
        self.act("pay", order_number, **({} if position in (3, 7, 22) else method))

    def buy(self, position: int, **changes: Any) -> None:
        """Order by one method and pay."""
        answer = self.client.receive_order(order(position, **changes))
        assert isinstance(answer, Redirect)
        self.pay(position, changes.get("order_number", "A1"))

    def type_card(self, page: str, number: str = VISA) -> None:
        """Have the buyer type a card on Epsilon's page; "" leaves the form as it is."""
        card = {"card_number": number, "expire_m": "12", "expire_y": "2030", "security_code": "123"} if number else {}
        answer = requests.post(page, data=card | {"action": "pay"}, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text

    def register(self, process_code: int = 3, number: str = VISA) -> None:
        """Have a member register a card without paying, or with process_code 4 another one."""
        member = Order(process_code=process_code, **PERSON, st_code=st_code(1))
        answer = self.client.receive_order(member)
        assert isinstance(answer, Redirect)
        self.type_card(answer.url, number)

    def sale(self, order_number: str = "A1") -> Sale:
        """Ask for an order that is known."""
        sale = self.client.get_sales(order_number=order_number)
        assert sale
        return sale

    def fail(self, kind: str, value: str = "", cgi: str = "") -> None:
        """Have the next call fail in this way."""
        self.api("POST", "faults", kind=kind, value=value, cgi=cgi)


def said(sale: Sale) -> Sale:
    """What a sale says, without the time of its last change and the fields that are no order's."""
    return replace(sale, last_update=None, extra={})
