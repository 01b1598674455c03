"""The folder ``epsilon/`` alone, with its two dependencies, works in an empty place."""

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TRY_IT = """
import doctest, importlib, importlib.util, json, pathlib, sys
sys.path.insert(0, ".")
import epsilon
modules = sorted("epsilon." + path.stem for path in pathlib.Path("epsilon").glob("*.py") if path.stem != "__init__")
results = [doctest.testmod(importlib.import_module(module)) for module in modules]
order = epsilon.Order(process_code=9, user_id="member-1")
try:
    epsilon.Client("12345678", base_url="http://127.0.0.1:1").receive_order(order)
except epsilon.Unreachable:
    reached = False
print(json.dumps({
    "modules": modules,
    "attempted": sum(result.attempted for result in results),
    "failed": sum(result.failed for result in results),
    "at": str(pathlib.Path(epsilon.__file__).resolve().parent),
    "reached": reached,
    "importable": [name for name in json.loads(sys.argv[1]) if importlib.util.find_spec(name)],
}))
"""


def needed_by_the_client() -> str:
    """Return the part of the lock that is requests, defusedxml and what they need, versions and hashes included."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = {pin[1]: pin[0] for pin in re.finditer(r"^([a-z0-9-]+)==(?:.*\\\n)+.*\n", lock, re.MULTILINE)}
    return "".join(
        pins[name] for name in ("requests", "defusedxml", "certifi", "charset-normalizer", "idna", "urllib3")
    )


@pytest.fixture(scope="module")
def empty_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``epsilon/`` in it, and a new virtual environment beside it with only what the client needs."""
    place = tmp_path_factory.mktemp("lifted")
    shutil.copytree(ROOT / "epsilon", place / "shop" / "epsilon", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "requirements.txt").write_text(needed_by_the_client(), encoding="utf-8")
    venv.create(place / "venv", symlinks=sys.platform != "win32")
    pip = [sys.executable, "-m", "pip", "--python", python_of(place)]
    options = "install --quiet --disable-pip-version-check --no-compile --require-hashes -r".split()
    run(place, *pip, *options, str(place / "requirements.txt"))
    return place


def python_of(place: Path) -> str:
    return str(place / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def run(folder: Path, *command: str) -> str:
    """Run a program there to its end, and return what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_client_works_alone(empty_place: Path) -> None:
    """It imports, its examples run, it makes an order; and nothing else of this repository is there to lean on."""
    others = sorted(
        {path.stem for path in ROOT.glob("*.py") if path.stem.isidentifier()}
        | {"simulator", "tests", "flask", "sqlalchemy", "pytest"}
    )
    printed = run(empty_place / "shop", python_of(empty_place), "-I", "-W", "error", "-c", TRY_IT, json.dumps(others))
    found = json.loads(printed)
    assert found["attempted"] >= 10
    assert found == {
        "modules": [f"epsilon.{name}" for name in sorted(path.stem for path in (ROOT / "epsilon").glob("[!_]*.py"))],
        "attempted": found["attempted"],
        "failed": 0,
        "at": str((empty_place / "shop" / "epsilon").resolve()),
        "reached": False,
        "importable": [],
    }


def test_nothing_else_was_installed(empty_place: Path) -> None:
    """Two libraries and the four that requests needs."""
    site = next((empty_place / "venv").rglob("site-packages"))
    installed = {path.name.split("-")[0] for path in site.glob("*.dist-info")}
    assert installed == {"requests", "defusedxml", "certifi", "charset_normalizer", "idna", "urllib3"}
