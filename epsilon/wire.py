"""Epsilon's bytes and our text: both directions of CP932, and the answer's XML. Sends nothing.

Facts are in Epsilon's order page (documented) and in answers recorded against beta (recorded).
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes, urlencode
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring


def uncarried(text: str) -> list[str]:
    """Return the characters of ``text`` that Epsilon cannot carry, each once: none is in CP932, or they are controls.

    >>> uncarried("髙橋①㈱〜−")
    []
    >>> uncarried("𠮷野家🍵—🍵")
    ['𠮷', '🍵', '—']
    """
    return list(dict.fromkeys(c for c in text if ord(c) < 0x20 or c == "\x7f" or not _in_cp932(c)))


def _in_cp932(character: str) -> bool:
    # Python's codec also takes U+0080 and private-use characters, which no keyboard means.
    if "\x80" <= character <= "\x9f" or "\ue000" <= character <= "\uf8ff":
        return False
    try:
        return bool(character.encode("cp932"))
    except UnicodeEncodeError:
        return False


def cp932_length(text: str) -> int:
    """Return how many bytes ``text`` has at Epsilon, where limits are bytes in CP932 (documented for item_name).

    >>> cp932_length("りんごapple")
    11
    """
    return len(text.encode("cp932", "replace"))


def encode_form(fields: Mapping[str, str]) -> bytes:
    """Return ``fields`` as a form body in UTF-8, which ``version=2`` with ``character_code=UTF8`` announces.

    Raises:
        ValueError: a value holds half a character, which a str can and UTF-8 cannot.
    """
    pairs = []
    for name, value in fields.items():
        try:
            pairs.append(urlencode({name: value}))
        except UnicodeEncodeError:
            raise ValueError(f"{name} holds half a character (a lone surrogate), which UTF-8 cannot carry") from None
    return "&".join(pairs).encode("ascii")


class UnreadableAnswer(ValueError):
    """The body is not an ``<Epsilon_result>``. The client turns this into ``BadAnswer``."""


def decode_answer(body: bytes) -> dict[str, str]:
    """Return the attributes of an ``<Epsilon_result>`` as text, in the order in which they came.

    An unknown order is an empty root, hence an empty dict.

    Raises:
        UnreadableAnswer: the body is no such document, or holds an entity or a DTD.

    >>> decode_answer(b'<Epsilon_result><result user_name="%83%84%83%7D%83_" /></Epsilon_result>')
    {'user_name': 'ヤマダ'}
    """
    raw = attributes_of(body)
    charset = charset_of(list(raw.values()))
    # A byte that the charset cannot decode stays visible as \xNN: a value is never lost to its decoding. So does NUL,
    # which stands for nothing either, and which PostgreSQL takes in no text.
    return {name: value.decode(charset, "backslashreplace").replace("\0", r"\x00") for name, value in raw.items()}


def charset_of(values: list[bytes]) -> str:
    """Return the charset of one answer, ``utf-8`` or ``cp932``, from all its values together.

    Neither the XML declaration nor the Content-Type says it, and a single value can be valid in both
    charsets ("鮑　1kg" in CP932 is, and so is "ﾃｸ"), so the whole answer decides: all of it is valid UTF-8 and
    holds a character of three bytes (kana, kanji), or it is CP932.

    >>> charset_of(["エラー".encode("utf-8"), b"memo"]), charset_of(["ﾃｸ".encode("cp932")])
    ('utf-8', 'cp932')
    >>> charset_of([text.encode("cp932") for text in ("鮑　1kg", "ヤマダ タロウ")])
    'cp932'
    """
    try:
        text = b" ".join(values).decode("utf-8")
    except UnicodeDecodeError:
        return "cp932"
    return "utf-8" if any(character > "\u07ff" for character in text) else "cp932"


def attributes_of(body: bytes) -> dict[str, bytes]:
    """Return the attributes of an ``<Epsilon_result>`` as the bytes that Epsilon percent-encoded.

    Raises:
        UnreadableAnswer: as ``decode_answer``.
    """
    # The declaration names charsets that XML parsers refuse, and lies about the others. Parsing text makes
    # the parser ignore it, and Latin-1 keeps each byte one character. (recorded)
    document = re.sub(r"^\s*<\?xml[^>]*\?>", "", body.decode("latin-1").removeprefix("\u00ef\u00bb\u00bf"))
    try:
        root = fromstring(document, forbid_dtd=True)
    except (ParseError, ValueError) as error:  # defusedxml's refusals are ValueErrors
        # The exception's own text can quote the document, which can hold personal data.
        raise UnreadableAnswer(type(error).__name__) from None
    if root.tag != "Epsilon_result":
        raise UnreadableAnswer("the root element is not Epsilon_result")
    attributes: dict[str, bytes] = {}
    # Children only: a recursive search is a way to exhaust the stack.
    for result in root.findall("result"):
        for name, value in result.attrib.items():
            if name in attributes and attributes[name] != _unquote(value):
                raise UnreadableAnswer(f"{name} came twice with different values")
            attributes[name] = _unquote(value)
    # Only an empty root means "no such order". Taken for that, an excuse in words would have the order sent again.
    if not attributes and (len(root) or (root.text or "").strip()):
        raise UnreadableAnswer("it holds no result, yet is not empty")
    return attributes


def _unquote(value: str) -> bytes:
    return unquote_to_bytes(value.replace("+", " ").encode("latin-1", "backslashreplace"))
