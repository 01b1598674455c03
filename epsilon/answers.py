"""What Epsilon can answer to an order or about a member, typed. Decides nothing."""

from dataclasses import dataclass, field

from .sale import Sale


@dataclass(frozen=True)
class Redirect:
    """The order is registered: send the buyer to ``url``, as it is. It is on the configured Epsilon's origin."""

    url: str


@dataclass(frozen=True)
class Receipt:
    """A konbini direct order is registered; ``sale`` holds its receipt number, deadline and slip."""

    sale: Sale


@dataclass(frozen=True)
class Done:
    """A member operation succeeded; there is no page to go to. ``fields`` are the answer's own."""

    fields: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class UserInfo:
    """The card that is registered for a ``user_id``: its brand, and its number with all but five digits hidden."""

    card_brand: str
    card_number_mask: str = field(repr=False)
