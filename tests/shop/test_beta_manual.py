"""What docs/beta.md and its Japanese twin say: the tables are the code's own, and the commands are there."""

import re
from pathlib import Path

import pytest
from click import Group
from flask import Flask

import console
import epsilon
from epsilon_commands import check
from simulator import cards

TEXTS = {
    language: (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    for language, page in {"en": "beta.md", "ja": "beta.ja.md"}.items()
}
LANGUAGES = pytest.mark.parametrize("language", TEXTS)
CALLERS = {"the buyer's browser": "購入者のブラウザ", "Epsilon's server": "イプシロンのサーバ"}


def table(language: str, anchor: str) -> list[list[str]]:
    """Return the rows of the table under an anchor, cell by cell, without the marks of code."""
    lines = TEXTS[language].split(f'<a id="{anchor}"></a>\n\n')[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines]


@LANGUAGES
def test_the_manual_names_each_address(shop: Flask, language: str) -> None:
    """By its name in the console, with its page and its caller, as `flask epsilon urls` does."""
    entries = console.list_entries(shop)
    assert table(language, "entries") == [
        [entry.name, entry.url.removeprefix("http://localhost:8000"), caller]
        for entry in entries
        for caller in [entry.caller if language == "en" else CALLERS[entry.caller]]
    ]


@LANGUAGES
def test_the_manual_says_how_refusals_are_known(language: str) -> None:
    """As the catalogue has it."""
    assert {row[0]: row[2] for row in table(language, "refusals")} == {
        code: epsilon.ERRORS[code].source.value for code in ("607", "907", "908")
    }


@LANGUAGES
def test_the_manual_has_the_cards_that_were_seen_on_beta(language: str) -> None:
    """And none that only the simulator knows."""
    numbers = [re.sub(r"\D", "", row[0]) for row in table(language, "cards")]
    assert numbers == [card.number for card in cards.CARDS.values() if card.source == "recorded"]


@LANGUAGES
def test_the_manual_has_the_options_of_check(language: str) -> None:
    """All of them, in their order."""
    named = re.findall(r"^\| `(--\w+)`", TEXTS[language], re.MULTILINE)
    assert named == [option.opts[0] for option in check.params]


@LANGUAGES
def test_the_manuals_commands_are_there(shop: Flask, language: str) -> None:
    """Each `flask …` is a command with these options."""
    typed = set(re.findall(r"flask (epsilon|orders) (\w+)((?: --[\w-]+| NUMBER)*)", TEXTS[language]))
    assert {("epsilon", "urls"), ("epsilon", "check"), ("orders", "reconcile")} <= {each[:2] for each in typed}
    for group, name, words in typed:
        commands = shop.cli.commands[group]
        assert isinstance(commands, Group)
        known = {option for parameter in commands.commands[name].params for option in parameter.opts}
        assert {word for word in words.split() if word.startswith("--")} <= known
