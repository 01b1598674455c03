"""Calls to Epsilon that cost nobody anything, and what their answers say of address and contract. Prints nothing."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import epsilon
from checks import Check, Result
from epsilon.client import ANSWER_SECONDS, CONNECT_SECONDS
from error_guide import FAQ
from orders import new_order_number

# With this, clients that ship today try a connection: it asks for the page on which a card could be registered, which
# nobody opens (clients).
REGISTER_A_CARD = epsilon.Order(
    user_id="connection-check",
    user_name="接続テスト",
    user_mail_add="check@example.com",
    st_code=epsilon.ST_CODES["card"],
    process_code=3,
)
TIMEOUT = (CONNECT_SECONDS, ANSWER_SECONDS)
# After so long Epsilon's own Java sample gives up (documented).
SLOW_SECONDS = 2.0
# As Epsilon's support calls them (documented).
ENVIRONMENTS = {epsilon.BETA: "テスト環境", epsilon.PRODUCTION: "本番環境"}

_NOT_CONTRACTED = "907"
# Whatever the call is about.
_WHOEVER_CALLS = ("607", "908")

_AGAIN = "Try again in a minute; if it stays so, ask whoever runs the proxy or the firewall, then Epsilon."
_BY_STATUS = {
    403: "A firewall or a proxy forbids the call.",
    407: "A proxy asks for a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.",
    500: "The CGI failed, or what stands before it.",
    502: "A proxy or gateway is in the way, and got no good answer itself from behind it.",
    503: "A proxy or gateway is in the way, and takes no calls just now.",
    504: "A proxy or gateway is in the way, and waited in vain for what is behind it.",
}


def try_contract(contract_code: str, base_url: str, *, timeout: tuple[float, float] = TIMEOUT) -> Check:
    """Return whether Epsilon accepts this machine's address and this contract. ``timeout`` is that of the client."""
    heard: list[epsilon.Exchange] = []
    began = datetime.now(epsilon.JAPAN)
    client = epsilon.Client(contract_code, base_url=base_url, timeout=timeout, on_exchange=heard.append)
    try:
        with closing(client):
            client.receive_order(REGISTER_A_CARD)
    except epsilon.EpsilonError as error:
        says, *remedy = _read(error, heard[-1])
        # Another refusal does not speak of the contract; nor was the contract accepted.
        speaks = not isinstance(error, epsilon.Refused) or error.code in (_NOT_CONTRACTED, *_WHOEVER_CALLS)
        support = (
            f"What Epsilon's support asks for (管理画面お問合せフォーム): 契約コード {contract_code} / 接続先環境 "
            f"{ENVIRONMENTS.get(base_url, 'シミュレータ')} / 接続日時 {began:%Y-%m-%d %H:%M} / 注文番号 なし "
            f"(process_code={REGISTER_A_CARD.process_code}, user_id={REGISTER_A_CARD.user_id})"
        )
        return Check("contract", Result.WRONG if speaks else Result.UNKNOWN, says, (*remedy, support))
    seconds = heard[-1].seconds
    slow = f"; that is slow: its own Java sample gives up after {SLOW_SECONDS:g} s" if seconds > SLOW_SECONDS else ""
    says = f"Epsilon accepts this address, this contract and its card, after {seconds:.1f} s{slow}"
    return Check("contract", Result.OK, says)


def _read(error: epsilon.EpsilonError, exchange: epsilon.Exchange) -> tuple[str, ...]:
    """Return what a call without a good answer says, then what to do about it."""
    match error:
        case epsilon.Refused():
            steps = [f"{step.cart}: {step.en}" if step.cart else step.en for step in FAQ.get(error.code, ())]
            if error.code == _NOT_CONTRACTED:
                steps.append("This call asked for the card. If the contract has none, try --methods.")
            return f"refused with {error}", epsilon.advise(error.code).developer_en, *steps
        case epsilon.BadAnswer(status=200):
            return (
                f"an answer that is not Epsilon's ({exchange.headers.get('Content-Type')}): {error.reason}",
                f"Open {exchange.url.partition('/cgi-bin')[0]} in a browser on this machine: Epsilon may be closed for "
                "maintenance, or the network may want a login first.",
            )
        case epsilon.BadAnswer():
            sender = " ".join(exchange.headers[name] for name in ("Server", "Via") if name in exchange.headers)
            return (
                f"HTTP {error.status} from {sender or 'somebody'}, which is no answer of Epsilon's CGI",
                _BY_STATUS.get(error.status, "Something answered in Epsilon's place."),
                _AGAIN,
            )
        case epsilon.NoAnswer() if "Timeout" in str(error):
            says = f"sent, but there was no whole answer in {exchange.seconds:.0f} s"
            return says, "Epsilon is busy, or something on the way swallows its answer.", _AGAIN
        case epsilon.NoAnswer():
            return f"sent, but the connection broke ({error})", "Something on the way hung up.", _AGAIN
        case _:
            return f"no connection ({error})", "Nothing was sent. Look at the checks above."


def try_methods(
    contract_code: str,
    base_url: str,
    *,
    offered: Collection[int] = (),
    timeout: tuple[float, float] = TIMEOUT,
) -> Check:
    """Return which ways to pay Epsilon takes orders for, by registering one for each, which nobody pays.

    It is wrong to offer buyers one that the contract lacks; ``offered`` are the positions. Those that need more of a
    buyer are left out: deferred payment would have a made-up person's credit reviewed.
    """
    outcomes: dict[str, list[str]] = {"answering": [], "not in the contract": [], "unclear": [], "not tried": []}
    answering, missing, unclear, untried = outcomes.values()
    untried += [method.en for method in epsilon.METHODS.values()]
    with closing(epsilon.Client(contract_code, base_url=base_url, timeout=timeout)) as client:
        for position, method in epsilon.METHODS.items():
            if method.needs:
                continue
            order = replace(
                REGISTER_A_CARD,
                process_code=1,
                order_number=new_order_number(),
                item_code="CHECK",
                item_name="接続テスト",
                item_price=100,
                st_code=epsilon.st_code(position),
            )
            untried.remove(method.en)
            try:
                client.receive_order(order)
                answering.append(method.en)
            except epsilon.Refused as refusal:
                if refusal.code == _NOT_CONTRACTED:
                    missing.append(method.en)
                    continue
                unclear.append(f"{method.en} ({refusal}, order {order.order_number})")
                if refusal.code in _WHOEVER_CALLS:
                    break
            except epsilon.EpsilonError as error:
                unclear.append(f"{method.en} ({type(error).__name__}, order {order.order_number})")
                break
    says = "; ".join(f"{outcome}: {' / '.join(names)}" for outcome, names in outcomes.items() if names)
    remedy = ["The letter 「登録完了通知書」 lists the methods of the contract, as the console does (契約内容の確認)."]
    if refused := [epsilon.METHODS[place].en for place in offered if epsilon.METHODS[place].en in missing]:
        remedy.append(
            f"The form offers {' / '.join(refused)}: let SHOP_METHODS name others, or add it to the contract."
        )
    result = Result.WRONG if refused or not (answering or unclear) else Result.UNKNOWN if unclear else Result.OK
    return Check("methods", result, says, tuple(remedy) if missing or unclear else ())
