"""What was measured, as tables for the manual and as a chart. Measures nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Rush:
    """What a rush measured: when each request ended and how long it took, in seconds."""

    orders: list[tuple[float, float]]
    visits: list[tuple[float, float]]
    calm: list[float]
    errors: int
    seconds: float
    megabytes: list[int]


def table_of_rush(rushes: dict[str, Rush]) -> str:
    """Return what the buyers and the visitors waited for, as Markdown."""
    lines = [f"| | {' | '.join(rushes)} |", "|---|" + "---|" * len(rushes)]

    def row(name: str, say: Callable[[Rush], str]) -> None:
        lines.append(f"| {name} | {' | '.join(say(rush) for rush in rushes.values())} |")

    def percentiles(seconds: list[float], unit: str) -> str:
        cuts = quantiles(seconds, n=100)
        scale, form = (1000, "{:.0f}") if unit == "ms" else (1, "{:.2f}")
        return " / ".join(form.format(cuts[at - 1] * scale) for at in (50, 95, 99)) + f" {unit}"

    row("orders that arrived, of all", lambda rush: f"{len(rush.orders)} of {len(rush.orders) + rush.errors}")
    row("orders per second", lambda rush: f"{len(rush.orders) / rush.seconds:.0f}")
    row("`POST /orders`, p50 / p95 / p99", lambda rush: percentiles([took for _, took in rush.orders], "s"))
    row("`GET /` meanwhile, p50 / p95 / p99", lambda rush: percentiles([took for _, took in rush.visits], "ms"))
    row("`GET /` before, p50 / p95 / p99", lambda rush: percentiles(rush.calm, "ms"))
    row("memory of each worker at most", lambda rush: ", ".join(map(str, rush.megabytes)) + " MB")
    return "\n".join(lines)


def table_of_pace(paces: dict[str, tuple[dict[str, float], dict[str, float]]], many: int) -> str:
    """Return what takes how long with few and with many orders, as Markdown."""
    lines = [
        f"| | {' | '.join(f'{name}, one order | {many:,}' for name in paces)} |",
        "|---|" + "---:|" * 2 * len(paces),
    ]
    for what in next(iter(paces.values()))[0]:
        quickest = " | ".join(f"{few[what]:.0f} ms | {full[what]:.0f} ms" for few, full in paces.values())
        lines.append(f"| `{what}` | {quickest} |")
    return "\n".join(lines)


def draw(rushes: dict[str, Rush]) -> str:
    """Return the chart: one dot for each request, when it ended and how long it took."""
    left, top, width, height, gap = 48, 40, 640, 170, 56
    panels = []
    for number, (name, rush) in enumerate(rushes.items()):
        base = top + number * (height + gap) + height
        end = max(10.0, rush.seconds)
        high = max(5.0, *(took for _, took in rush.orders + rush.visits))

        def dots(requests: list[tuple[float, float]], end: float = end, high: float = high, base: int = base) -> str:
            marks = ((left + width * when / end, base - height * took / high) for when, took in requests)
            return "".join(f"M{x:.0f} {y:.0f}h0" for x, y in marks)

        panels.append(f'<text x="{left}" y="{base - height - 10}" font-weight="bold">{name}</text>')
        for second in range(int(high) + 1):
            y = base - height * second / high
            panels.append(
                f'<path d="M{left} {y:.0f}h{width}" stroke="#ddd" /><text x="16" y="{y + 4:.0f}">{second} s</text>'
            )
        for second in range(0, int(end) + 1, 2):
            panels.append(f'<text x="{left + width * second / end - 8:.0f}" y="{base + 16}">{second} s</text>')
        for requests, colour in ((rush.orders, "#b3541e"), (rush.visits, "#1f6f8b")):
            panels.append(f'<path d="{dots(requests)}" stroke="{colour}" stroke-width="4" stroke-linecap="round" />')
    size = f"{left + width + 24} {top + len(rushes) * (height + gap)}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="#fff" />',
            f'<text x="{left + 110}" y="30" fill="#b3541e">● POST /orders</text>',
            f'<text x="{left + 350}" y="30" fill="#1f6f8b">● GET / meanwhile</text>',
            *panels,
            "</svg>\n",
        ]
    )
