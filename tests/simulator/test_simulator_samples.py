"""Shops in other languages, built as the vendor's samples are, buy at the simulator."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulator import Server
from tests.simulator.simulator_people import GOOD_CARD, ORDER, RECEIVE_ORDER

SAMPLES = Path(__file__).parent / "samples"
KONBINI = "st_code=00100-0000-00000-00000-00000-00000-00000"

# What every sample's order says, as an inquiry prints it; times and dates are masked.
SALE = {
    "add_info": "",
    "contract_code": "12345678",
    "due_date": "",
    "item_code": "EP-0001",
    "item_name": "表示ソフト①～②",
    "item_price": "4725",
    "keitai": "100",
    "last_update": "TIME",
    "memo1": "",
    "memo2": "",
    "mission_code": "1",
    "order_number": "0000001",
    "process_code": "1",
    "user_id": "buyer0001",
    "user_mail_add": "takahashi@example.com",
    "user_name": "髙橋 ダイヤ",
}
CARD_SALE = SALE | {
    "card_st_code": "10",
    "credit_flag": "0",
    "credit_time": "TIME",
    "pay_time": "1",
    "payment_code": "1",
    "st_code": "10000-0000-00000-00000-00000-00000-00000",
    "state": "1",
    "trans_code": "500003",
}
KONBINI_SALE = SALE | {
    "conveni_code": "21",
    "conveni_limit": "DATE",
    "conveni_time": "",
    "haraikomi_url": "",
    "kigyou_code": "20020",
    "paid": "0",
    "payment_code": "3",
    "receipt_date": "TIME",
    "receipt_no": "000000500001",
    "st_code": "00100-0000-00000-00000-00000-00000-00000",
    "state": "0",
    "trans_code": "500001",
}


class Language(NamedTuple):
    """A language: the command that runs a script, one that ends with 0 where all is there, and what it needs."""

    name: str
    command: str
    suffix: str
    probe: tuple[str, ...]
    packages: str


RUBY = Language("Ruby", "ruby", "rb", ("-r", "cgi", "-r", "rexml/document", "-e", ""), "ruby")
PHP = Language(
    "PHP",
    "php",
    "php",
    ("-r", "exit(extension_loaded('mbstring') && extension_loaded('simplexml') ? 0 : 1);"),
    "php-cli php-mbstring php-xml",
)
PERL = Language("Perl", "perl", "pl", ("-MLWP::UserAgent", "-MXML::DOM", "-e", ""), "libwww-perl libxml-dom-perl")


class Sample:
    """A shop in one language."""

    def __init__(self, language: Language) -> None:
        """Ask for the language; without it the test is skipped, and in CI failed, with what to install."""
        self.interpreter = shutil.which(language.command) or ""
        self.script = SAMPLES / f"order.{language.suffix}"
        if not self.interpreter or self.run(*language.probe).returncode:
            sentence = f"The {language.name} sample cannot run here: apt install {language.packages}"
            if os.environ.get("CI") == "true":
                pytest.fail(sentence, pytrace=False)
            pytest.skip(sentence)

    def says(self, epsilon: Server, *words: str, status: int = 0) -> str:
        """All that the script prints, with times and dates masked; it complains of nothing."""
        done = self.run(str(self.script), epsilon.url, *words)
        assert (done.returncode, done.stderr) == (status, "")
        timeless = re.sub(r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n", " TIME\n", done.stdout)
        return re.sub(r" \d{4}-\d\d-\d\d\n", " DATE\n", timeless)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the interpreter to its end."""
        return subprocess.run(
            [self.interpreter, *words], capture_output=True, encoding="utf-8", timeout=30, check=False
        )


@pytest.fixture(scope="module", params=[RUBY, PHP, PERL], ids=lambda language: str(language.command))
def sample(request: pytest.FixtureRequest) -> Sample:
    """The shop in each language."""
    return Sample(request.param)


@pytest.fixture
def epsilon() -> Iterator[Server]:
    """A new simulator, whose notices reach nobody."""
    with Server(port=0, shop="http://localhost:9") as server:
        yield server


def lines(sale: dict[str, str]) -> str:
    """A sale as the samples print it: by name, one a line."""
    return "".join(f"{name} {value}\n" for name, value in sorted(sale.items()))


def pay(page: str) -> str:
    """Pay by card on the buyer's page; the trans_code with which the browser returns to the shop."""
    pressed = {"action": "pay"} | GOOD_CARD | {"expire_y": "2099"}
    answer = requests.post(page, data=pressed, allow_redirects=False, timeout=5)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("http://localhost:9/return?")
    return parse_qs(urlsplit(answer.headers["Location"]).query)["trans_code"][0]


def test_a_sample_sells_by_card(sample: Sample, epsilon: Server) -> None:
    """Its redirect works as it is, also with a slash in the token; once paid, every text comes back intact."""
    for number in "23":
        requests.post(epsilon.url + RECEIVE_ORDER, data=ORDER | {"order_number": number}, timeout=5)

    told = sample.says(epsilon, "order")

    page = told.removeprefix("redirect ").removesuffix("\n")
    assert re.fullmatch(rf"redirect {re.escape(epsilon.url)}/cgi-bin/order/card3\.cgi\?trans_code=\w+%2F\w+\n", told)
    trans_code = pay(page)
    assert sample.says(epsilon, "confirm", trans_code) == lines(CARD_SALE)


def test_a_sample_sells_by_konbini_direct(sample: Sample, epsilon: Server) -> None:
    """It gets a trans_code at once; the inquiry has the receipt, and the money when it came in."""
    assert sample.says(epsilon, "order", KONBINI, "conveni_code=21") == "trans_code 500001\n"
    assert sample.says(epsilon, "confirm", "500001") == lines(KONBINI_SALE)

    requests.post(epsilon.url + "/counter", data={"trans_code": "500001"}, timeout=5).raise_for_status()

    paid = {"conveni_time": "TIME", "paid": "1", "state": "1"}
    assert sample.says(epsilon, "confirm", "500001") == lines(KONBINI_SALE | paid)


def test_a_sample_is_refused_for_a_wrong_contract_code(sample: Sample, epsilon: Server) -> None:
    """607 for one that is too short, with its text in Japanese as it was recorded."""
    told = sample.says(epsilon, "order", "contract_code=1234567", status=1)

    assert told == "error 607:契約コード形式エラー\n"


def test_a_sample_is_refused_for_a_used_order_number(sample: Sample, epsilon: Server) -> None:
    """604 for the second order of the same number."""
    sample.says(epsilon, "order")

    assert sample.says(epsilon, "order", status=1) == "error 604:オーダー番号が重複しています\n"


def test_a_sample_does_not_find_an_unknown_order(sample: Sample, epsilon: Server) -> None:
    """An inquiry that answers no field at all is an XML document that every parser takes."""
    assert sample.says(epsilon, "confirm", "500001", status=1) == "unknown\n"


def test_the_php_sample_asks_with_a_password(epsilon: Server) -> None:
    """By HTTP Basic it is told the same as without; a wrong password is HTTP 401, an unknown order is no field."""
    sample = Sample(PHP)
    assert sample.says(epsilon, "order", KONBINI, "conveni_code=21") == "trans_code 500001\n"

    assert sample.says(epsilon, "confirm", "500001", "password") == lines(KONBINI_SALE)
    assert sample.says(epsilon, "confirm", "500001", "PASSWORD", status=1) == "failed 401 UNAUTHORIZED\n"
    assert sample.says(epsilon, "confirm", "500002", "password", status=1) == "unknown\n"


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_language_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    """Without the interpreter the tests above fail in CI and are skipped elsewhere, and say what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match=r"^The PHP sample cannot run here: apt install php-cli php-mbstring php-xml$"):
        Sample(PHP)
