"""The fields of a request, from raw bytes to text; knows no rules about them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

CARRIED = "cp932"


@dataclass(frozen=True)
class Fields:
    """What one request said: every value of every field, and whether it was sent as UTF-8 by `version=2`."""

    values: dict[str, list[str]]
    utf8: bool

    def __getitem__(self, name: str) -> str:
        """The first value of a field; "" where it was not sent."""
        return self.values.get(name, [""])[0]

    def repeated(self, name: str) -> bool:
        """Whether a field was sent more than once."""
        return len(self.values.get(name, [])) > 1


def read_fields(body: bytes) -> Fields:
    """Decode a form-encoded body; bytes that are no text in its charset become U+FFFD.

    With `version=2` the body is UTF-8 (documented). Without it, old clients send CP932, EUC-JP or UTF-8 and
    Epsilon finds out which (recorded); all values decide together, as one alone can be too short to tell.
    """
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    utf8 = (b"version", b"2") in raw
    decode = _as_utf8 if utf8 else _detected(value for _, value in raw)
    values: dict[str, list[str]] = {}
    for name, value in raw:
        values.setdefault(name.decode("ascii", "replace"), []).append(decode(value))
    return Fields(values, utf8)


def as_carried(text: str) -> str | None:
    """The text as it comes back from Epsilon: `〜` as `～`, `−` as `－` (recorded).

    None where CP932 cannot carry it, or only as control or private characters (assumed: refused).
    """
    try:
        carried = text.encode(CARRIED).decode(CARRIED)
    except UnicodeError:
        return None
    # Python counts the full-width space as unprintable; in a name it is a space.
    return carried if carried.replace("　", " ").isprintable() else None


def _as_utf8(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _as_cp932(value: bytes) -> str:
    return value.decode(CARRIED, "replace")


def _as_euc_jp(value: bytes) -> str:
    return _euc_jp_to_cp932(value).decode(CARRIED, "replace")


def _detected(values: Iterable[bytes]) -> Callable[[bytes], str]:
    # EUC-JP before CP932: its bytes are nearly always also half-width kana in CP932, seldom the other way.
    everything = b"\n".join(values)
    for decode in (_as_utf8, _as_euc_jp):
        try:
            if "\ufffd" not in decode(everything):
                return decode
        except ValueError:
            continue
    return _as_cp932


def _euc_jp_to_cp932(value: bytes) -> bytes:
    """Renumber EUC-JP as CP932, so that ① and 髙 are read as Windows clients write them.

    Python's own EUC-JP codec refuses them. Raises ValueError for bytes that are not EUC-JP.
    """
    converted = bytearray()
    rest = iter(value)
    for byte in rest:
        if byte < 0x80:
            converted.append(byte)
            continue
        trail = next(rest, 0)
        if trail < 0xA1 or trail > 0xFE:
            raise ValueError("not EUC-JP")
        if byte == 0x8E:
            converted.append(trail)
            continue
        row, cell = byte - 0xA1, trail - 0xA1
        if not 0 <= row < 94:
            raise ValueError("not EUC-JP")
        lead = 0x81 + row // 2
        converted.append(lead if lead < 0xA0 else lead + 0x40)
        converted.append(cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63))
    return bytes(converted)
