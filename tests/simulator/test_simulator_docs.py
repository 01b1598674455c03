"""What docs/simulator.md and its Japanese twin say: the tables are the code's own, and the examples run."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator import (
    Server,
    actions,
    cards,
    codes,
    conclusions,
    fault_kinds,
    manual,
    merchant,
    methods,
    notices,
    refusals,
    transactions_api,
    visits,
)
from simulator.__main__ import read_options
from simulator.api import OPENAPI
from simulator.tables import State
from simulator.words import WORDS
from tests.simulator.simulator_people import decoded

ROOT = Path(__file__).parents[2]
PATHS = {"en": "docs/simulator.md", "ja": "docs/simulator.ja.md"}
TEXTS = {lang: (ROOT / path).read_text(encoding="utf-8") for lang, path in PATHS.items()}
LANGS = pytest.mark.parametrize("lang", TEXTS)
SOURCES = ("documented", "recorded", "clients", "assumed")

# What runs an example, one that ends with 0 where all is there, and the packages that bring it.
INTERPRETERS = {
    "python": (sys.executable, ("-c", ""), ""),
    "ruby": ("ruby", ("-r", "net/http", "-e", ""), "ruby"),
    "php": ("php", ("-r", "exit(extension_loaded('mbstring') ? 0 : 1);"), "php-cli php-mbstring"),
    "sh": ("sh", ("-c", "curl --version"), "curl"),
}

# Where the four words are explained, not said of a fact.
EXPLAINED = {"manual.Field", "refusals.Refusal", "refusals.REFUSALS"}


def table(lang: str, anchor: str) -> list[list[str]]:
    """The rows of the table under an anchor, cell by cell."""
    after = TEXTS[lang].split(f'<a id="{anchor}"></a>\n\n')[1]
    lines = after.split("\n\n")[0].splitlines()
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[2:]]


def columns(lang: str, anchor: str, *places: int) -> list[tuple[str, ...]]:
    """Some columns of a table, without the marks of code."""
    return [tuple(row[place].replace("`", "") for place in places) for row in table(lang, anchor)]


def yes(lang: str, *flags: bool) -> tuple[str, ...]:
    """Flags as the tables say them."""
    return tuple({"en": ("no", "yes"), "ja": ("いいえ", "はい")}[lang][flag] for flag in flags)


def blocks(lang: str, language: str) -> list[str]:
    """The examples in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[lang], re.DOTALL | re.MULTILINE)


@pytest.fixture
def epsilon() -> Iterator[Server]:
    """A new simulator, whose notices reach nobody."""
    with Server(port=0, shop="http://localhost:9") as server:
        yield server


def say(language: str, example: str, epsilon: Server, folder: Path) -> str:
    """Run an example of the documentation, with only the port replaced; all that it prints."""
    command, probe, packages = INTERPRETERS[language]
    interpreter = shutil.which(command)
    if not interpreter or subprocess.run([interpreter, *probe], capture_output=True, check=False).returncode:
        sentence = f"The {language} example cannot run here: apt install {packages}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    script = folder / f"example.{language}"
    script.write_text(example.replace(":8001", epsilon.url[epsilon.url.rindex(":") :]), encoding="utf-8")
    # curl asks no proxy for this machine.
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [interpreter, script], capture_output=True, encoding="utf-8", env=environment, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@LANGS
@pytest.mark.parametrize("language", ["python", "ruby", "php"])
def test_an_example_sells(epsilon: Server, tmp_path: Path, lang: str, language: str) -> None:
    """It says where the buyer goes, and reads the item from the inquiry, both intact."""
    page, item = say(language, blocks(lang, language)[0], epsilon, tmp_path).splitlines()

    assert page.startswith(f"{epsilon.url}/cgi-bin/order/card3.cgi?trans_code=")
    assert "髙橋 花子" in requests.get(page, timeout=5).text
    assert item == "煎茶 ①"


@LANGS
def test_the_example_for_curl_sells(epsilon: Server, tmp_path: Path, lang: str) -> None:
    """It shows both answers as they are."""
    told = say("sh", blocks(lang, "sh")[0], epsilon, tmp_path)

    order, sale = told.removeprefix("<?xml").split("<?xml")
    assert decoded(order.encode())["redirect"].startswith(f"{epsilon.url}/cgi-bin/order/card3.cgi?trans_code=")
    assert decoded(sale.encode(), plus=True)["item_name"] == "煎茶 ①"


@LANGS
def test_the_example_arms_a_fault(epsilon: Server, tmp_path: Path, lang: str) -> None:
    """As JSON, and the answer tells what is armed."""
    told = json.loads(say("sh", blocks(lang, "sh")[1], epsilon, tmp_path))

    assert (told["kind"], told["cgi"], told["state"]) == ("truncated", "getsales2.cgi", "armed, never fired")


@LANGS
def test_the_example_for_tests_works(epsilon: Server, tmp_path: Path, lang: str) -> None:
    """A whole simulator in a block: paid, cancelled, four days later."""
    assert say("python", blocks(lang, "python")[1], epsilon, tmp_path) == "1\n9\n4\n"


def test_a_missing_interpreter_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, epsilon: Server) -> None:
    """It fails in CI, is skipped elsewhere, and says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for ci, outcome in (("true", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("CI", ci)
        with pytest.raises(outcome, match=r"^The php example cannot run here: apt install php-cli php-mbstring$"):
            say("php", "", epsilon, tmp_path)


@LANGS
def test_every_option_is_there(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As --help lists them."""
    with pytest.raises(SystemExit):
        read_options(["--help"])
    helped = re.findall(r"^  (--\w[\w-]*(?: [A-Z=]+)?)", capsys.readouterr().out, re.MULTILINE)

    assert [option for (option,) in columns(lang, "options", 0)] == helped


@LANGS
def test_every_card_is_there(lang: str) -> None:
    """With what it answers, and how we know it."""
    told = [(number.replace(" ", ""), *rest) for number, *rest in columns(lang, "cards", 0, 1, 3, 4)]

    assert told == [(card.number, card.brand, card.payment_code, card.source) for card in cards.CARDS.values()]


@LANGS
def test_every_end_is_there(lang: str) -> None:
    """In the words of the page's own buttons."""
    assert columns(lang, "ends", 0, 1, 2) == [
        (end, WORDS[lang][end], *yes(lang, end in visits.PAYING)) for end in (*visits.PAYING, "back", *visits.UNPAYING)
    ]


@LANGS
def test_every_fault_is_there(lang: str) -> None:
    """With its mark, whether the CGI did its work, and where it can happen."""
    everywhere = {"en": "all", "ja": "すべて"}[lang]
    kinds = fault_kinds.KINDS.values()

    assert columns(lang, "faults", 0, 2, 3) == [
        (
            f"fault:{kind.name}:{fault_kinds.VALUES[kind.takes][2]}".removesuffix(":"),
            *yes(lang, kind.done),
            everywhere if kind.cgis == fault_kinds.ANY else " ".join(kind.cgis),
        )
        for kind in kinds
    ]
    assert lang == "ja" or columns(lang, "faults", 1) == [(kind.says,) for kind in kinds]


@LANGS
def test_every_notice_is_there(lang: str) -> None:
    """With its fields, where it goes, when it is repeated, and the buttons that send it."""
    assert columns(lang, "notices", 0, 1, 2, 3, 4) == [
        (kind.name, kind.en, kind.fields, kind.url, kind.source) for kind in notices.KINDS.values()
    ]
    minutes = [str(int(wait.total_seconds() // 60)) for wait in notices.REPEATS]
    assert {"en": "{}, {}, {} and {} minutes", "ja": "{}分、{}分、{}分、{}分後"}[lang].format(*minutes) in TEXTS[lang]
    place = 1 if lang == "ja" else 0
    assert columns(lang, "ways", 0, 1) == [(name, how[place]) for name, how in actions.HOW.items()]


@LANGS
def test_every_item_of_the_console_is_there(lang: str) -> None:
    """With its names and its default."""

    def shown(value: object) -> str:
        return " ".join(value) if isinstance(value, tuple) else str(value).lower() if value is True else str(value)

    defaults = {name: shown(value) for name, value in vars(merchant.Merchant()).items() if name != "methods"}
    defaults["methods"] = {"en": "all", "ja": "すべて"}[lang]

    assert columns(lang, "console", 0, 1, 2, 3) == [
        (name, item.ja, item.en, defaults[name]) for name, item in merchant.ITEMS.items()
    ]


@LANGS
def test_every_call_of_the_api_is_there(lang: str) -> None:
    """As the OpenAPI file has them, with what can be done to a transaction."""
    described = {
        f"{method.upper()} {path}": call["summary"]
        for path, calls in json.loads(OPENAPI.read_text("utf-8"))["paths"].items()
        for method, call in calls.items()
        if method != "parameters"
    }
    acts = {name: action for name, action in actions.ACTIONS.items() if not action.kind}

    assert [call for (call,) in columns(lang, "api", 0)] == list(described)
    assert lang == "ja" or columns(lang, "api", 0, 1) == list(described.items())
    assert columns(lang, "acts", 0, 1) == [
        (name, " ".join(transactions_api.FIELDS.get(name, {}))) for name in (*transactions_api.BUYER, *acts)
    ]
    place = 0 if lang == "ja" else 1
    words = [(action.ja, action.en)[place] for action in acts.values()]
    assert [word for (word,) in columns(lang, "acts", 2)][len(transactions_api.BUYER) :] == words


@LANGS
def test_every_cgi_and_field_is_there(lang: str) -> None:
    """With what it needs; a field with its rule and how we know it."""
    assert columns(lang, "cgis", 0, 1) == [
        (path, manual.REQUIRED.get(name, manual.ONCE)) for path, name in manual.CGIS.items()
    ]
    assert columns(lang, "fields", 0, 1, 3) == [(field.name, field.ja, field.source) for field in manual.ORDER]
    assert lang == "ja" or columns(lang, "fields", 2) == [(field.rule,) for field in manual.ORDER]
    assert columns(lang, "other-fields", 0, 1, 2) == [
        (cgi, field.name, field.source)
        for cgi, fields in manual.FIELDS.items()
        if cgi != manual.RECEIVE_ORDER
        for field in fields
    ]


@LANGS
def test_every_method_store_and_state_is_there(lang: str) -> None:
    """With limits, what they need and give, and how we know it."""
    assert columns(lang, "methods", *range(8)) == [
        (
            str(method.position),
            method.ja if lang == "ja" else method.en,
            f"{method.limit:,}",
            method.source,
            method.page,
            " ".join(method.returns),
            *yes(lang, method.cancels, method.captures),
        )
        for method in methods.METHODS.values()
    ]
    assert columns(lang, "stores", *range(6)) == [
        (
            store.code,
            store.ja if lang == "ja" else store.en,
            str(store.digits),
            store.company_code,
            *yes(lang, store.needs_phone, store.has_slip),
        )
        for store in codes.STORES.values()
    ]
    assert [value for (value,) in columns(lang, "states", 0)] == [str(int(state)) for state in State]
    assert lang == "ja" or columns(lang, "states", 0, 1) == list(conclusions.STATES.items())


@LANGS
def test_every_error_is_there(lang: str) -> None:
    """With its text and how we know it; those of a field with its name."""
    assert columns(lang, "errors", 0, 1, 3) == [
        (refusal.err_code, refusal.err_detail, refusal.source) for refusal in refusals.ALL
    ]
    fields = [field for (field,) in columns(lang, "errors", 2)]
    assert fields[: len(refusals.REFUSALS)] == list(refusals.REFUSALS)


def test_every_assumption_is_there() -> None:
    """Each that the code admits in prose has its row, and each row's fact is marked so where it says."""
    told = set(columns("en", "behaviours", 2, 1))
    marked = marks()

    assert told <= marked
    assert {where for where, source in told if source == "assumed"} == {
        where for where, source in marked if source == "assumed"
    }


def test_both_languages_tell_the_same_facts() -> None:
    """Row by row, and with the same headings, links, pictures and examples."""
    assert columns("en", "behaviours", 1, 2) == columns("ja", "behaviours", 1, 2)
    for part in (r"^#+ ", r"^\| ", r"^```\w*", r'<a id="[\w-]+">', r"\]\((?!simulator(?:\.ja)?\.md)[^)]+\)"):
        english, japanese = (re.findall(part, TEXTS[lang], re.MULTILINE) for lang in ("en", "ja"))
        assert english == japanese
    for language in ("python", "ruby", "php", "sh"):
        english, japanese = ([re.sub("  # .*", "", code) for code in blocks(lang, language)] for lang in ("en", "ja"))
        assert english == japanese


@LANGS
def test_every_link_leads_somewhere(lang: str) -> None:
    """To a file of the repository, or to a part of the page; and the README leads here."""
    for target in re.findall(r"\]\(([^)]+)\)", TEXTS[lang]):
        found = (
            f'<a id="{target[1:]}"></a>' in TEXTS[lang] if target.startswith("#") else (ROOT / "docs" / target).exists()
        )
        assert found, target
    readme = {"en": "README.md", "ja": "README.ja.md"}[lang]
    assert f"]({PATHS[lang]})" in (ROOT / readme).read_text(encoding="utf-8")


def marks() -> set[tuple[str, str]]:
    """What the simulator's comments and docstrings mark with one of the four words, by what they stand at."""
    found = set()
    for path in sorted((ROOT / "simulator").glob("*.py")):
        for where, text in prose(path):
            if where not in EXPLAINED:
                found |= {(where, source) for source in SOURCES if re.search(rf"\b{source}\b", text, re.IGNORECASE)}
    return found


def prose(path: Path) -> Iterator[tuple[str, str]]:
    """Every docstring and comment of a module, with the name of the function, class or constant that it is about."""
    code = path.read_text(encoding="utf-8")
    tree = ast.parse(code)
    yield path.stem, ast.get_docstring(tree) or ""
    defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in defined:
        yield f"{path.stem}.{node.name}", ast.get_docstring(node) or ""
    constants = {
        node.lineno: (
            node.end_lineno or 0,
            ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target),
        )
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        around = [node.name for node in defined if node.lineno <= line <= (node.end_lineno or 0)]
        below = [name for start, (end, name) in sorted(constants.items()) if end >= line]
        yield f"{path.stem}.{(around or below)[-1 if around else 0]}", token.string
