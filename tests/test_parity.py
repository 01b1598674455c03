"""What docs/parity.md says beside the vendor's samples: its tests, files and names exist, and no field is left out."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from epsilon import Order, Sale
from tests.epsilon.fake_epsilon import PERSONAL, FakeEpsilon, form_of, order
from tests.samples import REDIRECT

ROOT = Path(__file__).parents[1]
ENGLISH, JAPANESE = (ROOT / "docs" / name for name in ("parity.md", "parity.ja.md"))

# The vendor's two tables, in their order. Epsilon's page itself is not in this repository.
ORDER_FIELDS = (
    "version contract_code user_id user_name user_mail_add item_code item_name order_number st_code mission_code "
    "item_price process_code memo1 memo2 xml character_code lang_id currency_id"
).split()
INQUIRY_FIELDS = (
    "trans_code order_number state user_id user_name process_code item_price memo1 memo2 mission_code user_mail_add "
    "st_code contract_code item_name payment_code item_code conveni_code receipt_no kigyou_code haraikomi_url paid "
    "receipt_date conveni_limit conveni_time"
).split()
BY_THE_CLIENT = {"version", "contract_code", "xml", "character_code"}

Row = list[str]


def tables_of(page: Path) -> list[list[Row]]:
    """Return the tables of a page without their headings: each row as its cells."""
    tables = re.findall(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [[line.removeprefix("| ").removesuffix(" |").split(" | ") for line in t.splitlines()] for t in tables]


def rows_of(page: Path) -> list[Row]:
    """Return the rows of all tables of a page."""
    return [row for table in tables_of(page) for row in table]


def named_in(text: str) -> list[str]:
    """Return what a text sets as code, sorted, as each language has its own word order."""
    return sorted(re.findall(r"`([^`]+)`", text))


def linked_in(text: str) -> list[str]:
    """Return the files that a text leads to, sorted, from the root of this repository."""
    return sorted(re.findall(r"\]\(\.\./([^)]+)\)", text))


def source_of(files: list[str]) -> str:
    """Return what is in these files."""
    return "\n".join((ROOT / file).read_text(encoding="utf-8") for file in files)


@pytest.fixture(params=[ENGLISH, JAPANESE], ids=lambda page: str(page.name))
def page(request: pytest.FixtureRequest) -> Path:
    """The page in each language."""
    path: Path = request.param
    return path


def test_each_row_names_a_test_and_each_test_exists(page: Path) -> None:
    """The last cell of each row holds what proves it, and no test is named that is not there."""
    files = [file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py")]
    defined = {name for file in files for name in re.findall(r"^def (test_\w+)", file, re.MULTILINE)}
    assert set(re.findall(r"test_\w+", page.read_text(encoding="utf-8"))) - defined == set()
    assert [row[0] for row in rows_of(page) if "`test_" not in row[-1]] == []


def test_each_file_exists(page: Path) -> None:
    """A link leads to a file of this repository and is called by its path; no file is named without a link."""
    text = page.read_text(encoding="utf-8")
    for name, file in re.findall(r"\[([^]]+)\]\(\.\./([^)]+)\)", text):
        assert (ROOT / file).exists(), file
        assert file.rstrip("/") == name
    assert not re.findall(r"`[\w/.]+\.(?:py|html)`", text)


def test_what_is_named_is_in_the_files_that_are_named_with_it(page: Path) -> None:
    """A function, a constant or a field stands in the files to which its row leads."""
    *steps, orders, inquiries = tables_of(page)
    claims = [row[2] for table in steps for row in table] + [" ".join(row[1:4]) for row in [*orders, *inquiries]]
    for claim in claims:
        for name in named_in(claim):
            assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source_of(linked_in(claim))), (name, claim)


def test_a_field_is_set_and_checked_where_it_is_said(page: Path) -> None:
    """Each file that sets a field names it, and so does one at least of those that check it."""
    *_, orders, inquiries = tables_of(page)
    for name, set_in, checked_in, *_ in [*orders, *inquiries]:
        field = name.strip("`")
        assert linked_in(set_in), name
        # A setting is named after its field, in capitals.
        assert [file for file in linked_in(set_in) if field not in source_of([file]).lower()] == [], name
        assert not linked_in(checked_in) or field in source_of(linked_in(checked_in)).lower(), name


def test_the_18_fields_of_an_order_are_all_there(page: Path) -> None:
    """The vendor's table, row by row; an order that has everything sends exactly these."""
    *_, orders, _ = tables_of(page)
    assert [name for name, *_ in orders] == [f"`{name}`" for name in ORDER_FIELDS]
    assert {f.name for f in fields(Order)} & set(ORDER_FIELDS) == set(ORDER_FIELDS) - BY_THE_CLIENT
    epsilon = FakeEpsilon(REDIRECT)
    epsilon.client().receive_order(order(**PERSONAL, lang_id="en", currency_id="JPY"))
    assert set(form_of(epsilon.asked[0])) == set(ORDER_FIELDS)


def test_the_24_fields_of_an_inquiry_are_all_there(page: Path) -> None:
    """The vendor's table, row by row; a sale has these, one more, and a place for others."""
    *_, inquiries = tables_of(page)
    assert [name for name, *_ in inquiries] == [f"`{name}`" for name in INQUIRY_FIELDS]
    assert {f.name for f in fields(Sale)} == {*INQUIRY_FIELDS, "last_update", "extra"}


def test_both_languages_have_the_same_rows() -> None:
    """As many headings, tables and rows; and each row names and leads to the same."""
    english, japanese = (page.read_text(encoding="utf-8") for page in (ENGLISH, JAPANESE))
    assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", japanese, re.MULTILINE))
    assert [len(table) for table in tables_of(ENGLISH)] == [len(table) for table in tables_of(JAPANESE)]
    for ours, theirs in zip(rows_of(ENGLISH), rows_of(JAPANESE), strict=True):
        assert len(ours) == len(theirs), ours
        for cell, other in zip(ours, theirs, strict=True):
            assert (named_in(cell), linked_in(cell)) == (named_in(other), linked_in(other))
            assert re.findall(r"FILL-IN\([\w-]+\)", cell) == re.findall(r"FILL-IN\([\w-]+\)", other)
