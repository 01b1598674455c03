"""What the README promises to those who copy: the shop without its simulator, the client as it is shown."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

import simulator
from tests.test_parity import named_in, rows_of

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_shop(folder: Path, port: int, epsilon_url: str) -> Iterator[str]:
    """Run the shop in ``folder`` with Flask's own command; yield its address once it listens."""
    address = f"http://localhost:{port}"
    command = [sys.executable, "-I", "-m", "flask", "--app", "app", "run", "--port", str(port)]
    settings = {"SIMULATOR_URL": epsilon_url, "SHOP_URL": address, "PYTHONUNBUFFERED": "1"}
    # -I keeps this repository off the path; Flask's command adds the folder that it starts in.
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            assert any("Running on" in line for line in process.stderr)
            yield address
        finally:
            process.terminate()
            process.stderr.read()


def test_the_shop_sells_without_simulator_and_tests(tmp_path: Path) -> None:
    """Delete simulator/ and tests/, and the shop starts and sells, here at an Epsilon that runs elsewhere."""
    left_out = shutil.ignore_patterns(".*", "simulator", "tests", "instance", "docs", "bench", "__pycache__")
    folder = Path(shutil.copytree(ROOT, tmp_path / "copy", ignore=left_out))
    port = free_port()
    with (
        simulator.Server(port=0, shop=f"http://localhost:{port}") as epsilon,
        running_shop(folder, port, epsilon.url) as shop,
        requests.Session() as visitor,
    ):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get(shop, timeout=10).text)
        assert token
        person = {"user_name": "花子", "user_mail_add": "hanako@example.com"}
        entries = {"csrf_token": token[1], "item_code": "apple", "quantity": "1", "st": "conveni", "conveni_code": "11"}
        receipt = visitor.post(f"{shop}/orders", data=entries | person, timeout=10)
        assert "お支払い期限までにお支払いください" in receipt.text
    assert (folder / "instance" / "orders.sqlite3").exists()


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_example_of_the_readme_works(readme: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python example does what it says, word for word but for the port."""
    example = re.search(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    assert example
    with simulator.Server(port=0) as epsilon:
        scope: dict[str, object] = {}
        exec(example[1].replace("http://127.0.0.1:8001", epsilon.url), scope)
        said = capsys.readouterr().out
        scope["client"].close()  # type: ignore[attr-defined]
    assert f"{epsilon.url}/cgi-bin/order/card3.cgi?trans_code=" in said
    assert "Sale(trans_code='500001', order_number='A0001'" in said
    assert "髙橋" not in said


def test_both_readmes_have_the_same_parts() -> None:
    """The two languages stay in step: as many headings, tables rows, code blocks and links to files."""
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
    for part in (r"^## ", r"^\| ", r"^```", r"\]\((?!http|README)[^)]+\)"):
        assert len(re.findall(part, english, re.MULTILINE)) == len(re.findall(part, japanese, re.MULTILINE)), part
    for linked in re.findall(r"\]\((?!http)([^)]+)\)", english + japanese):
        assert (ROOT / linked).exists(), linked


def test_what_holds_a_promise_is_there() -> None:
    """Each row of docs/reliability.md names a test, a file of tests or chaos; all exist, in both languages the same."""
    files = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py")}
    tests = {name for text in files.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    english, japanese = (rows_of(ROOT / "docs" / f"reliability{suffix}.md") for suffix in ("", ".ja"))
    assert [row[0] for row in english if not re.search(r"`test_\w+(\.py)?`|chaos", row[-1])] == []
    assert {name for row in english for name in named_in(row[-1])} - tests - set(files) == set()
    assert [named_in(row[-1]) for row in english] == [named_in(row[-1]) for row in japanese]
