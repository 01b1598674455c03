"""How the simulator bears load: so many requests a second for a while, its errors, its memory, and a reset after it.

Run it from the root: `python bench/simulator.py`. The simulator runs as its own process, with its database in a file.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from threading import local

import requests

ROOT = Path(__file__).parents[1]
CLIENTS = 16
TIMEOUT = 10  # seconds
WARM = 10  # seconds after which memory should not grow any more

ORDER = {
    "version": "2", "contract_code": "12345678", "user_id": "bench", "user_name": "山田 太郎",
    "user_mail_add": "bench@example.com", "item_code": "TEA-1", "item_name": "煎茶", "st_code": "10000-0000-0000",
    "mission_code": "1", "item_price": "1080", "process_code": "1", "memo1": "", "memo2": "", "xml": "1",
    "character_code": "UTF8",
}  # fmt: skip

own = local()


def call(url: str, number: int) -> tuple[float, bool]:
    """Register an order, or ask for the one registered before; seconds, and whether the answer was right."""
    if not hasattr(own, "session"):
        own.session = requests.Session()
        own.session.trust_env = False
    order_number = f"B{number // 2}"
    began = time.perf_counter()
    try:
        if number % 2 == 0:
            data = ORDER | {"order_number": order_number}
            right = b'result="1"' in own.session.post(f"{url}receive_order3.cgi", data=data, timeout=TIMEOUT).content
        else:
            data = {"contract_code": "12345678", "order_number": order_number}
            right = own.session.post(f"{url}getsales2.cgi", data=data, timeout=TIMEOUT).status_code == 200
    except requests.RequestException:
        right = False
    return time.perf_counter() - began, right


def memory(process: int) -> float:
    """Resident memory in MiB, 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure(address: str, process: int, rate: int, seconds: int) -> None:
    """Send by the clock, whether or not answers came, and print what happened."""
    url = f"{address}/cgi-bin/order/"
    marks: dict[int, float] = {}
    with ThreadPoolExecutor(CLIENTS) as clients:
        began = time.perf_counter()
        sent = []
        for number in range(rate * seconds):
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            sent.append(clients.submit(call, url, number))
            if number % rate == 0:
                marks[number // rate] = memory(process)
        answers = [one.result() for one in sent]
        took = time.perf_counter() - began
    times = quantiles([seconds for seconds, _ in answers], n=100)
    warm, last = marks[min(WARM, seconds // 2)], memory(process)
    reset = time.perf_counter()
    requests.post(f"{address}/api/reset", timeout=TIMEOUT).raise_for_status()
    reset = time.perf_counter() - reset
    for name, value in (
        ("requests", f"{len(answers)} in {took:.1f} s, {len(answers) / took:.1f} a second"),
        ("errors", str(sum(not right for _, right in answers))),
        ("median, 95 %, 99 %", " / ".join(f"{times[place] * 1000:.1f} ms" for place in (49, 94, 98))),
        ("memory warm, at the end", f"{warm:.1f} MiB / {last:.1f} MiB"),
        (f"reset of {len(answers) // 2} orders", f"{reset * 1000:.0f} ms"),
    ):
        print(f"{name:<26}{value}")


def main() -> None:
    """Start a simulator, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=50, help="requests a second (default: 50)")
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "simulator", "--port", "0", "--database", str(Path(folder) / "bench.sqlite3")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            began = time.perf_counter()
            address = process.stdout.readline().split()[2] if process.stdout else ""
            print(f"{'start':<26}{(time.perf_counter() - began) * 1000:.0f} ms")
            measure(address, process.pid, options.rate, options.seconds)
        finally:
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    main()
