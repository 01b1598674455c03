"""Which real Epsilon is asked, by what contract, and whether it may be; sends nothing that it would keep."""

import os
from urllib.parse import urlsplit

import pytest
import requests

from epsilon import BETA, PRODUCTION
from epsilon.origin import checked_base_url
from tests.contract.wire import Epsilon

URL, CONTRACT_CODE = "EPSILON_CONTRACT_URL", "EPSILON_CONTRACT_CODE"


def contract_code() -> str:
    """Return the code of the real contract, "" where nobody set one."""
    return os.environ.get(CONTRACT_CODE, "").strip()


def address() -> str:
    """Return where the real Epsilon is, beta unless set otherwise. Raises UsageError where it is not to be asked."""
    if not contract_code():
        raise pytest.UsageError(
            f"-m beta asks the real Epsilon: set {CONTRACT_CODE} to the code of your contract there, "
            "and register this machine's address in its console."
        )
    try:
        url = checked_base_url(os.environ.get(URL, "").strip() or BETA)
    except ValueError as error:
        raise pytest.UsageError(f"{URL}: {error}") from None
    if urlsplit(url).hostname == urlsplit(PRODUCTION).hostname:
        raise pytest.UsageError(f"{URL} is the production environment, where no test belongs.")
    return url


def greet(epsilon: Epsilon) -> None:
    """See that it answers, and will hear us; else every test would wait for it, or blame it for our address."""
    if reason := silence(epsilon):
        pytest.fail(f"{epsilon.url} {reason}", pytrace=False)


def silence(epsilon: Epsilon) -> str:
    """Say why nothing can be learned there, "" where something can."""
    try:
        status = epsilon.ask(order_number="0").status
        refused = epsilon.order({"user_id": ""})["err_code"]
    except requests.RequestException as error:
        return f"does not answer ({type(error).__name__})"
    if status != 200:
        return f"is no Epsilon (HTTP {status})"
    return f"refuses the contract code or this machine's address ({refused})" if refused in ("607", "908") else ""
