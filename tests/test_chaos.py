"""The short form of make chaos: real processes, broken at random, and in the end two equal books."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_books_agree_after_chaos(database_url: str) -> None:
    """Purchases while calls fail, notices are forged and workers are killed; then peace, and no difference."""
    url = database_url.replace("postgresql+psycopg:", "postgresql:")
    own_file = ["--database-url", url] if url.startswith("postgresql") else []
    command = [sys.executable, "-m", "bench.chaos", "--purchases", "25", "--seed", "7", *own_file]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    said = re.match(r"seed 7, (\w+): 25 purchases in \d+ s; (.*?); notices (.*?); orders: (.*?); rec", result.stdout)
    assert said, result.stdout
    assert said[1] == url.partition(":")[0]
    assert re.search(r"[1-9]\d* faults fired", said[2])
    assert said[3]
    assert "paid" in said[4]
    assert "0 differences" in result.stdout
