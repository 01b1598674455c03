"""What a CGI answered, read by bytes and without any of the client's code, so as to check that too."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

SHAPE = re.compile(rb'<\?xml [^>]*\?>\s*<Epsilon_result>\s*(<result \w+="[^"<>]*" />\s*)*</Epsilon_result>\s*')


@dataclass(frozen=True)
class Answer:
    """What came over HTTP. ``answer["name"]`` is a value as text in CP932, ``None`` where there is no such field."""

    status: int
    content_type: str
    body: bytes = field(repr=False)

    @property
    def declaration(self) -> str:
        """The XML declaration, which is the first line."""
        return self.body.split(b"\n")[0].decode("latin-1").strip("\r")

    @property
    def line_end(self) -> str:
        """What ends its lines: CRLF, LF, both, or nothing."""
        ends = set(re.findall(rb"\r?\n", self.body))
        return " and ".join(sorted("LF" if end == b"\n" else "CRLF" for end in ends)) or "nothing"

    @property
    def shape(self) -> str:
        """Whether it is what every recorded one was: ASCII, one attribute to an element, and no other text."""
        if not self.body.isascii():
            return "not ASCII"
        return "as recorded" if SHAPE.fullmatch(self.body) else "another document"

    @property
    def raw(self) -> dict[str, str]:
        """Every value as it is written, percent-encoded, in the order in which they came."""
        pairs = re.findall(rb'<result (\w+)="([^"]*)"', self.body)
        return {name.decode(): value.decode("latin-1") for name, value in pairs}

    @property
    def names(self) -> list[str]:
        """The names of its fields in their order."""
        return list(self.raw)

    @property
    def outcome(self) -> str:
        """What an order led to: "a redirect", "a receipt", or its error, as "error 601"."""
        names = self.raw
        if names.get("err_code"):
            return f"error {names['err_code']}"
        if "redirect" in names or "receipt_no" in names:
            return "a redirect" if "redirect" in names else "a receipt"
        return f"neither result nor error (HTTP {self.status})"

    def __getitem__(self, name: str) -> str | None:
        return self.read(name, "cp932")

    def read(self, name: str, charset: str) -> str | None:
        """Return a value as text in a charset; a byte that is none in it stays visible."""
        raw = self.raw.get(name)
        return None if raw is None else unquote_to_bytes(raw.replace("+", " ")).decode(charset, "backslashreplace")
