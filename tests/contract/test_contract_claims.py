"""What becomes of a test's result: a verdict, a few words that anybody may read, and a row."""

import pytest
import requests

from epsilon import Refused
from tests.contract.claims import Row, judge, tell, without_secrets, write_table

CONTRACT_CODE = "A7654321"


def test_a_claim_is_as_good_as_its_worst_test() -> None:
    """One that contradicts it outweighs any that confirm it; nothing in a row ends its cell."""
    row = Row("2 a", "clients", "beta", "confirmed", "")
    rows = [row, row._replace(verdict="contradicted", words="b|c"), row._replace(verdict="left open")]

    assert list(write_table(rows))[-1] == "| 2 a | clients | contradicted | `b\\|c` |"
    assert next(write_table(rows)) == "1 claims: 0 confirmed, 1 contradicted, 0 left open."


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (AssertionError("assert 1 instead of 2\n +  where 1 = x"), ("contradicted", "1 instead of 2")),
        (Refused("601", "x"), ("contradicted", f"Refused: {Refused('601', 'x')}")),
        (requests.ReadTimeout("secret"), ("left open", "no answer (ReadTimeout)")),
        (KeyError("secret"), ("left open", "the test broke (KeyError)")),
    ],
)
def test_only_epsilons_own_words_contradict(error: Exception, verdict: tuple[str, str]) -> None:
    """A lost answer and a mistake in a test say nothing about a claim."""
    assert judge(False, error) == verdict


def test_what_came_instead_is_told_in_few_words() -> None:
    """Of long lists the difference alone; and nothing that is anybody's own."""
    five = list("abcde")
    assert tell([*"abxde"], five) == "lacks c; has also x"
    assert tell([*"edcba"], five) == "in the order e, d, c, b, a"
    assert tell(["601", "x"], ["604", "y"]) == "['601', 'x'] instead of ['604', 'y']"
    private = f"'{CONTRACT_CODE}\n hanako@example.com' came from 192.0.2.1"
    assert without_secrets(private, CONTRACT_CODE) == "'(contract code)  (mail address)' came from (IP address)"
    assert without_secrets("x" * 1000, "") == "x" * 160 + "…"
