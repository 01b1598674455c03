"""Whose an address is: Epsilon's, a simulator's on this machine, or a stranger's. Sends nothing."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def checked_base_url(url: str) -> str:
    """Return the origin of ``url``; it must be https, or for a simulator http on this machine.

    Raises:
        ValueError: it is not.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.path.strip("/") or parts.query or origin_of(url) is None:
        raise ValueError("base_url is a scheme and a host, like https://beta.epsilon.jp")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname)):
        raise ValueError("base_url must be https; http is only for a simulator on this machine")
    return f"{parts.scheme}://{parts.netloc}"


def origin_of(url: str) -> tuple[str, str | None, int | None] | None:
    """Return scheme, host and port of ``url``; ``None`` where a browser might read it in another way."""
    try:
        parts = urlsplit(url)
        port = {"https": 443, "http": 80}.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    # Browsers read a backslash as a slash and drop line breaks; Epsilon sends neither, nor a user name.
    if parts.username is not None or not url.isprintable() or "\\" in url or " " in url:
        return None
    return parts.scheme, parts.hostname, port


def is_this_machine(host: str) -> bool:
    """Return whether ``host`` is ``localhost`` or a loopback address.

    >>> [is_this_machine(host) for host in ("localhost", "127.0.0.1", "::1", "192.168.0.1", "epsilon.jp")]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
