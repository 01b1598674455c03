"""What a command prints of somebody else's words: text on one line, whatever they hold. Prints nothing itself."""

import unicodedata

# Controls, among them escapes and line ends; marks that turn the direction of writing; Unicode's own line ends.
STEERING = ("Cc", "Cf", "Zl", "Zp")


def plain(value: object) -> str:
    """Return ``value`` with all that ends a line or steers a terminal written out."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in STEERING else c for c in str(value))
