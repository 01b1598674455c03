"""Imports run one way: the client knows nobody, the shop knows the client, and nobody knows the simulator."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CLIENT = {
    "errors": set[str](),
    "codes": {"errors"},
    "stores": set[str](),
    "missions": set[str](),
    "advice": {"errors", "codes"},
    "wire": {"errors", "codes"},
    "origin": set[str](),
    "deadline": {"errors"},
    "exchange": {"errors", "codes", "advice", "wire", "origin", "deadline"},
    "rules": {"errors", "codes"},
    "order": {"errors", "codes", "stores", "missions", "advice", "wire", "rules"},
    "sale": {"errors", "codes", "advice", "wire"},
    "answers": {"sale"},
    "client": {"errors", "codes", "advice", "wire", "origin", "exchange", "order", "sale", "answers"},
    "__init__": {
        *("errors", "codes", "stores", "missions", "advice", "wire", "exchange", "order", "sale", "answers", "client"),
    },
}
"""The modules of ``epsilon/``, and which of their neighbours each may import."""

CLIENT_NEEDS = {"requests", "urllib3", "defusedxml"}
SHOP = {path.stem for path in ROOT.glob("*.py")}
OURS = SHOP | {"epsilon", "simulator", "tests", "bench"}


def imports_of(source: str) -> Iterator[str]:
    """Yield what a module imports, also inside functions and by name: ``os.path``, or ``.wire`` where relative."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=None, names=names, level=level):
                yield from ("." * level + alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=level):
                yield "." * level + module
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def wrong_in_client(module: str, source: str) -> list[str]:
    """Return the imports that this module of ``epsilon/`` may not have."""
    neighbours = {f".{name}" for name in CLIENT[module]}
    outside = sys.stdlib_module_names | CLIENT_NEEDS
    return [name for name in imports_of(source) if name not in neighbours and name.split(".")[0] not in outside]


def wrong_elsewhere(source: str, forbidden: set[str]) -> list[str]:
    """Return the imports of what is forbidden here."""
    return [name for name in imports_of(source) if name.lstrip(".").split(".")[0] in forbidden]


def text_of(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the source of every module in these folders of the repository, and below them."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_every_module_of_the_client_has_its_place() -> None:
    """A new module has to be put into the order before it can be imported."""
    assert {path.stem for path in (ROOT / "epsilon").rglob("*.py")} == set(CLIENT)


@pytest.mark.parametrize("module", CLIENT)
def test_the_client_imports_only_what_is_before(module: str) -> None:
    """Each module imports earlier ones by relative imports, the standard library, and the two that it needs."""
    source = (ROOT / "epsilon" / f"{module}.py").read_text(encoding="utf-8")
    assert wrong_in_client(module, source) == []


@pytest.mark.parametrize("module", ["catalog", "forms", "members", "orders"])
def test_the_shops_parts_do_not_know_the_shop(module: str) -> None:
    """What the shop is made of does not import ``app``."""
    source = (ROOT / f"{module}.py").read_text(encoding="utf-8")
    assert wrong_elsewhere(source, {"app"}) == []


def test_nobody_knows_the_simulator() -> None:
    """Outside of the tests nothing imports it: the shop sells with that folder deleted, and without tests."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("*.py")}
    sources |= dict(text_of("epsilon", "bench"))
    assert len(sources) > len(CLIENT)
    for name, source in sources.items():
        assert wrong_elsewhere(source, {"simulator", "tests"}) == [], name


def test_the_simulator_knows_neither_client_nor_shop() -> None:
    """It shares no code with them, so that a mistake in one cannot cancel itself out in the other."""
    sources = dict(text_of("simulator"))
    assert sources
    for name, source in sources.items():
        # Its own modules may have the names of the shop's, and import each other by relative imports.
        absolute = [imported for imported in imports_of(source) if not imported.startswith(".")]
        wrong = [imported for imported in absolute if imported.split(".")[0] in OURS - {"simulator"}]
        assert wrong == [], name


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("errors", "from .codes import Source"),
        ("codes", "from .wire import uncarried"),
        ("order", "from .exchange import Exchange"),
        ("wire", "def late():\n    from .client import Client"),
        ("wire", "from . import client"),
        ("wire", "from ..forms import OrderForm"),
        ("sale", "from epsilon.errors import EpsilonError"),
        ("sale", "import epsilon"),
        ("client", "import flask"),
        ("client", "if True:\n    import sqlalchemy.orm"),
        ("client", "import importlib\nimportlib.import_module('flask')"),
        ("client", "__import__('app')"),
        ("client", "import os, simulator"),
    ],
)
def test_the_rule_for_the_client_can_be_broken(module: str, source: str) -> None:
    """The check finds what it is for: a later module, the shop, a framework, however it is written."""
    assert len(wrong_in_client(module, source)) == 1


@pytest.mark.parametrize(
    "source",
    ["import app", "from app import create_app", "def late():\n    import app.x", "from .app import x"],
)
def test_the_rule_elsewhere_can_be_broken(source: str) -> None:
    """The check finds what is forbidden, and takes no other name for it."""
    assert len(wrong_elsewhere(source, {"app"})) == 1
    assert wrong_elsewhere("import application, flask.app\nfrom flask import app", {"app"}) == []
