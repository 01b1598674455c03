"""Whether a caller's address is registered in the merchant console."""

import ipaddress
import socket
from collections.abc import Iterable


def registered(address: str | None, senders: Iterable[str]) -> bool:
    """Whether `address` is one of `senders`, or what one of them, a host name, resolves to (documented, FAQ).

    A call without an address comes from this very process.
    """
    return address is None or any(address in addresses_of(sender) for sender in senders)


def addresses_of(sender: str) -> set[str]:
    """The IP addresses of a registered sender; none for a name that does not resolve."""
    try:
        return {str(ipaddress.ip_address(sender))}
    except ValueError:
        pass
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(sender, None)}
    except (OSError, UnicodeError):
        return set()
