"""What Epsilon answered, decoded, and what a client should conclude from it; knows no request."""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from . import codes, methods
from .exchanges import ANSWERED, WAITING, Exchange
from .manual import CGIS, FIELDS, GET_USER_INFO, INQUIRIES, RECEIVE_ORDER

LABELS = {field.name: field.ja for fields in FIELDS.values() for field in fields} | {
    "result": "実行結果", "redirect": "リダイレクト先", "err_code": "エラーコード", "err_detail": "エラー内容",
    "trans_code": "トランザクションコード", "state": "支払い状態", "payment_code": "決済方法", "receipt_no": "受付番号",
    "kigyou_code": "企業コード", "haraikomi_url": "払込票URL", "paid": "入金済みフラグ", "receipt_date": "受付日時",
    "conveni_limit": "コンビニ支払期限", "conveni_time": "コンビニ入金日時", "last_update": "最終更新日時",
    "credit_time": "カード決済日時", "card_brand": "カードブランド", "card_number_mask": "カード番号（伏せ字）",
}  # fmt: skip

STATES = {
    "0": "not paid", "1": "paid", "4": "under review", "5": "authorised", "6": "shipment being registered",
    "9": "cancelled", "11": "review refused",
}  # fmt: skip

NEVER_REACHED = (400, 401, 403, 404, 405, 413)

# What a client should do, by err_code (protocol.md section 5).
ADVICE = {
    "502": "Epsilon could not take the order; nothing was registered. Try again later.",
    "601": "A field, or a card, was refused; the text alone says which. Show it, let the buyer correct it.",
    "604": "The order number was used before. Look the order up before sending it again under another number.",
    "605": "No such monthly plan. Check item_code.",
    "607": "The contract code is wrong. Fix the setting.",
    "801": "No card is registered for this user. Whatever its text says, no phone number is missing.",
    "810": "There is no such order to cancel, capture or change.",
    "907": "The contract does not include this method. Fix st_code, or the contract.",
    "908": "The sender’s address is not registered in the console. Register it.",
    "909": "mission_code was refused.",
}


class Part(NamedTuple):
    """One decoded field of an answer, and what its value means where that is known."""

    name: str
    ja: str
    value: str
    meaning: str


class Conclusion(NamedTuple):
    """What a client should take from an answer. `tone` is good, refused or bad; `short` fits a list."""

    tone: str
    short: str
    sentence: str


def charset(exchange: Exchange) -> str:
    """What the bytes inside the percent-encoding are."""
    raw = unquote_to_bytes(exchange.answer)
    if raw.isascii():
        return "ASCII"
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return "CP932"
    return "UTF-8"


def decode(exchange: Exchange) -> list[Part]:
    """The answer's fields in their order."""
    encoding = "utf-8" if charset(exchange) == "UTF-8" else "cp932"
    parts = []
    for name, raw in re.findall(rb'<result\s+(\w+)\s*=\s*"([^"]*)"', exchange.answer):
        value = unquote_to_bytes(raw.replace(b"+", b" ")).decode(encoding, "replace")
        label = name.decode("ascii", "replace")
        parts.append(Part(label, LABELS.get(label, ""), value, meaning(label, value)))
    return parts


def meaning(name: str, value: str) -> str:
    """What a code stands for, "" where it is no code."""
    if name == "state":
        return STATES.get(value, "unknown")
    if name == "payment_code" and value.isdecimal() and int(value) in methods.METHODS:
        return methods.METHODS[int(value)].en
    if name == "conveni_code" and value in codes.STORES:
        return codes.STORES[value].en
    return ""


def conclude(exchange: Exchange) -> Conclusion:
    """What a client that got this answer knows, and should do."""
    registers = exchange.cgi == RECEIVE_ORDER
    unsure = (
        "The order may be registered: look it up by order_number before sending anything again."
        if registers
        else "It may have been done all the same: ask getsales2.cgi by order_number."
    )
    if exchange.outcome == WAITING:
        return Conclusion("bad", "waiting", f"No answer so far. {unsure}")
    if exchange.outcome != ANSWERED:
        return Conclusion("bad", "no answer", f"No whole answer: {exchange.outcome}. {unsure}")
    if exchange.status in NEVER_REACHED and not exchange.fault:
        return Conclusion("bad", f"HTTP {exchange.status}", "The request reached no CGI; nothing was done.")
    if exchange.status != 200:
        return Conclusion("bad", f"HTTP {exchange.status}", f"Not an answer of Epsilon’s own. {unsure}")
    if not re.search(rb"<Epsilon_result>.*</Epsilon_result>\s*$|<Epsilon_result\s*/>", exchange.answer, re.DOTALL):
        return Conclusion("bad", "not XML", f"No Epsilon_result, or not a whole one: report it. {unsure}")
    if b"<!DOCTYPE" in exchange.answer:
        return Conclusion("bad", "XML entities", f"Refuse a document with entities, never expand them. {unsure}")
    fields = {part.name: part.value for part in decode(exchange)}
    if fields.get("err_code"):
        advice = ADVICE.get(fields["err_code"], "An unpublished code: show the text, keep the code.")
        text = fields.get("err_detail", "")
        return Conclusion("refused", f"{fields['err_code']} {text}".strip(), advice)
    cgi = CGIS.get(exchange.path, "")
    if cgi in INQUIRIES:
        return about_sale(fields)
    if registers:
        return about_order(fields)
    return about_operation(cgi, fields)


def about_order(fields: dict[str, str]) -> Conclusion:
    """An order without err_code: redirect, receipt or bare result."""
    if fields.get("result") != "1":
        return Conclusion("bad", "unclear", "Neither a success nor an error code. Look the order up by order_number.")
    if "redirect" in fields:
        where = "Send the buyer to redirect as it is, by 303. Nothing is paid yet."
        return Conclusion("good", "redirect", where)
    if "receipt_no" in fields:
        return Conclusion("good", "receipt", "Show receipt number and deadline. It is paid when an inquiry says so.")
    return Conclusion("good", "done", "Done. There is nothing to redirect to.")


def about_sale(fields: dict[str, str]) -> Conclusion:
    """An inquiry: an unknown order has no fields at all, a found one no result."""
    if "state" not in fields:
        return Conclusion("refused", "unknown order", "Epsilon knows no such order. Never take this for success.")
    state = STATES.get(fields["state"], "unknown state")
    believe = "Believe it only where order_number, item_price and contract_code are your own."
    return Conclusion("good", f"{state} (state {fields['state']})", f"The order is {state}. {believe}")


def about_operation(cgi: str, fields: dict[str, str]) -> Conclusion:
    """Cancel, capture, new amount, registered card."""
    if fields.get("result") != "1":
        result = fields.get("result") or "empty"
        return Conclusion("refused", f"result {result}", "It was not done. 9 is a system or parameter error.")
    told = "The registered card." if cgi == GET_USER_INFO else "Done. An inquiry shows the new state."
    return Conclusion("good", "done", told)
