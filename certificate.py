"""Speaks TLS as ``epsilon.Client`` does, and says who vouches for the other side. Never without verification."""

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from urllib3.util.ssl_ import create_urllib3_context

from checks import Check, Obstacle, Result

EPSILONS_AUTHORITY = "GlobalSign"
"""Who vouches for Epsilon's servers, as its FAQ has it (documented)."""


def secure(plain: socket.socket, host: str, *, authorities: str, is_epsilons: bool) -> tuple[ssl.SSLSocket, Check]:
    """Return the connection under TLS, and what was seen. ``authorities`` is a file or a folder of certificates.

    Raises:
        Obstacle: no TLS, or a certificate that is not trusted.
    """
    context = create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if Path(authorities).is_dir() else "cafile": authorities})
    except OSError:
        remedy = "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names it: set it right, or unset it."
        raise Obstacle(f"there are no authorities in {authorities}", remedy) from None
    try:
        secured = context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        says = error.verify_message
        raise Obstacle(f"the certificate is not trusted: {says}", *_remedy(says)) from None
    except OSError as error:
        why = "no answer" if isinstance(error, TimeoutError) else getattr(error, "reason", None) or type(error).__name__
        raise Obstacle(
            f"no TLS: {why}",
            "Epsilon speaks TLS 1.2 or newer: this Python's OpenSSL is too old, or something else answers here.",
        ) from None
    return secured, _describe(secured, is_epsilons)


def _describe(secured: ssl.SSLSocket, is_epsilons: bool) -> Check:
    certificate: dict[str, Any] = secured.getpeercert() or {}
    issuer = {name: value for part in certificate["issuer"] for name, value in part}
    authority = issuer.get("organizationName") or issuer.get("commonName", "")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC).date()
    says = f"{secured.version()}, certificate by {authority} until {until}"
    if not is_epsilons or EPSILONS_AUTHORITY in authority:
        return Check("TLS", Result.OK, says)
    remedy = (
        "Epsilon's FAQ names GlobalSign (グローバルサイン). That has changed since, or a proxy on the way reads along."
    )
    return Check("TLS", Result.UNKNOWN, says, (remedy,))


def _remedy(verify_message: str) -> tuple[str, ...]:
    """What to do about a certificate, by what OpenSSL says of it."""
    if "expired" in verify_message or "not yet valid" in verify_message:
        return ("Look at this machine's clock first: on a wrong day every certificate is wrong.",)
    if "mismatch" in verify_message:
        return ("Another host answers to this name: look at /etc/hosts and at the name server.",)
    return (
        "Something on the way shows a certificate of its own: a proxy that reads along, a network's login page.",
        "An authority of your own company goes into REQUESTS_CA_BUNDLE; never switch the verification off.",
        "Or the list of authorities is too old: `pip install --upgrade certifi`.",
    )
