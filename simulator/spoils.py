"""Answers as they should not be: each from a right one, or from nothing; knows no sockets and no list of faults."""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote_to_bytes

from werkzeug.wrappers import Response

from . import answers, refusals
from .fields import CARRIED, Fields
from .manual import INQUIRIES, RECEIVE_ORDER
from .refusals import Refusal

ELSEWHERE = "https://epsilon.example/cgi-bin/order/card3.cgi?trans_code=ELSEWHERE"

HTML = "<!doctype html>\n<html lang={0}>\n<title>{1}</title>\n<h1>{1}</h1>\n<p>{2}</p>\n</html>\n"
HTML_TYPE = "text/html; charset=Shift_JIS"

# Ten times ten, ten levels deep.
BOMB = "\n".join([
    '<?xml version="1.0" encoding="UTF-8" ?>',
    "<!DOCTYPE Epsilon_result [",
    '  <!ENTITY e0 "epsilon">',
    *(f'  <!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 11)),
    "]>",
    "<Epsilon_result>",
    '  <result result="1" />',
    '  <result redirect="&e10;" />',
    "</Epsilon_result>",
    "",
])  # fmt: skip


def page(status: int, lang: str, title: str, text: str) -> Response:
    """An HTML page where XML belongs."""
    return Response(HTML.format(lang, title, text).encode(CARRIED), status, content_type=HTML_TYPE)


def crash() -> Response:
    """What a web server says when a CGI dies."""
    return page(500, "en", "Internal Server Error", "The server encountered an internal error.")


def lost() -> Response:
    """What a proxy says when the server behind it does not."""
    return page(502, "en", "Bad Gateway", "The proxy server received an invalid response from an upstream server.")


def maintenance() -> Response:
    """A page for people, with the status of a success."""
    return page(200, "ja", "メンテナンス中", "ただいまシステムメンテナンスを行っております。")


def elsewhere() -> Response:
    """A redirect that no client should follow with an order in its hands."""
    return Response(b"", 302, {"Location": ELSEWHERE}, content_type="text/html")


def error(cgi: str, err_code: str, fields: Fields) -> Response:
    """An error in the CGI's own layout; a code that is not known gets a text of ours."""
    texts = {refusal.err_code: refusal.err_detail for refusal in refusals.ALL}
    refusal = Refusal(err_code, texts.get(err_code, "エラーが発生しました"), "assumed")
    if cgi == RECEIVE_ORDER:
        answer = answers.error(refusal, fields["memo1"], fields["memo2"], utf8=fields.utf8)
    elif cgi in INQUIRIES:
        answer = answers.inquiry_error(refusal)
    else:
        answer = answers.after_sale(answers.FAILURE, refusal)
    return Response(answer.body, content_type=answer.content_type)


def changed(right: Response, body: bytes, content_type: str = "") -> Response:
    """The right answer with another body."""
    return Response(body, right.status_code, content_type=content_type or right.headers["Content-Type"])


def truncated(right: Response) -> Response:
    """The first half; whole as far as HTTP can tell."""
    return changed(right, right.data[: len(right.data) // 2])


def recoded(right: Response) -> Response:
    """Every value in the other charset, under a label that fits neither."""

    def other(value: re.Match[bytes]) -> bytes:
        raw = unquote_to_bytes(value[1])
        try:
            swapped = raw.decode("utf-8").encode(CARRIED, "replace")
        except UnicodeError:
            swapped = raw.decode(CARRIED, "replace").encode("utf-8")
        return b'="' + quote(swapped, safe="+").encode() + b'"'

    # Only inside elements: the declaration's attributes are no values.
    body = re.sub(rb'(?<=[a-z_0-9])="([^"]*)"(?= ?/>)', other, right.data)
    return changed(right, body, "text/xml; charset=EUC-JP")


def with_value(name: str, spoil: Callable[[str], str]) -> Callable[[Response], Response | None]:
    """The same answer with one value changed; None where the answer has no such field."""

    def spoiled(right: Response) -> Response | None:
        pattern = rf'(<result {name}=")([^"]+)"'.encode()
        body, count = re.subn(
            pattern, lambda found: found[1] + spoil(found[2].decode("ascii")).encode() + b'"', right.data
        )
        return changed(right, body) if count else None

    return spoiled


# From the right answer to the wrong one, by the kind of fault.
SPOILS: dict[str, Callable[[Response], Response | None]] = {
    "http-502": lambda right: lost(),
    "empty": lambda right: changed(right, b""),
    "truncated": truncated,
    "wrong-charset": recoded,
    "entity-bomb": lambda right: changed(right, BOMB.encode()),
    "other-price": with_value("item_price", lambda price: str(int(price) + 1)),
    "other-order": with_value("order_number", lambda number: f"{number[:-1]}{'Y' if number[-1] == 'X' else 'X'}"),
    "other-contract": with_value("contract_code", lambda code: f"{code[:-1]}{'0' if code[-1] == '9' else '9'}"),
    "redirect-elsewhere": with_value("redirect", lambda url: quote(ELSEWHERE, safe="")),
}
