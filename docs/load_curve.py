"""Draw the README's chart: the p99 of five servers against the message rate, from a round.

    python docs/load_curve.py benchmarks/rounds/2026-11/results.json.gz

Writes docs/load-curve-light.svg and docs/load-curve-dark.svg. Both are readable at the width of
a telephone: few lines, large type, and each line's name at its end.
"""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import ResultsError, read
from benchmarks.summary import Summary, summarise


HERE = Path(__file__).resolve().parent
WIDTH_PX, HEIGHT_PX = 680, 420
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 68, 228, 66, 62
TYPE_PX = 19  # at 390 px a screen shows it as 11.6 px


@dataclass(frozen=True)
class Line:
    """One server of the chart: its name in words and its two colours."""

    server: str
    words: str
    light: str
    dark: str


LINES = (
    Line("asyncio-direct", "asyncio-direct", "#0b62a8", "#63b3f0"),
    Line("go-gorilla", "Go, gorilla", "#555555", "#b4b4b4"),
    Line("asyncio-broadcaster", "asyncio-broadcaster", "#0b7a5c", "#4fd0a5"),
    Line("trio-broadcaster", "trio-broadcaster", "#a34700", "#f2a15c"),
    Line("websockets-broadcast", "websockets' broadcast()", "#8a3ba0", "#d79be8"),
)
THEMES = {"light": ("#1b1f24", "#d6d9de"), "dark": ("#e6e8ec", "#3a3f47")}  # ink, grid
RATES_HZ = (25, 100, 400, 1600)
LATENCIES_MS = (3, 10, 30, 100, 300, 1000, 3000)


def drawing(knee: Summary, theme: str) -> str:
    """Return the chart as SVG, in the colours of ``light`` or ``dark``."""
    ink, grid = THEMES[theme]
    x = _scale(RATES_HZ[0], RATES_HZ[-1], LEFT_PX, WIDTH_PX - RIGHT_PX)
    y = _scale(LATENCIES_MS[0], LATENCIES_MS[-1], HEIGHT_PX - BOTTOM_PX, TOP_PX)
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" '
        f'width="{WIDTH_PX}" height="{HEIGHT_PX}" font-family="system-ui, sans-serif" '
        f'font-size="{TYPE_PX}" fill="{ink}">',
        "<title>p99 latency against message rate, to 1,000 clients</title>",
        f'<text x="6" y="{TYPE_PX + 4}" font-weight="600">'
        "p99 latency in ms, one room of 1,000 clients</text>",
        f'<text x="6" y="{2 * TYPE_PX + 8}" opacity=".75">'
        "99 of 100 deliveries arrive sooner than this</text>",
    ]
    for rate in RATES_HZ:
        rows.append(
            f'<line x1="{x(rate):.1f}" x2="{x(rate):.1f}" y1="{TOP_PX}" '
            f'y2="{HEIGHT_PX - BOTTOM_PX}" stroke="{grid}"/>'
            f'<text x="{x(rate):.1f}" y="{HEIGHT_PX - BOTTOM_PX + TYPE_PX + 4}" '
            f'text-anchor="middle">{rate:,}</text>'
        )
    for latency in LATENCIES_MS:
        rows.append(
            f'<line x1="{LEFT_PX}" x2="{WIDTH_PX - RIGHT_PX}" y1="{y(latency):.1f}" '
            f'y2="{y(latency):.1f}" stroke="{grid}"/>'
            f'<text x="{LEFT_PX - 8}" y="{y(latency) + TYPE_PX / 3:.1f}" text-anchor="end">'
            f"{latency:,}</text>"
        )
    rows.append(
        f'<text x="{(LEFT_PX + WIDTH_PX - RIGHT_PX) / 2}" y="{HEIGHT_PX - 10}" '
        'text-anchor="middle">messages per second</text>'
    )
    for line in LINES:
        rows += _line(line, _points(knee, line.server), theme, x, y)
    return "\n".join([*rows, "</svg>\n"])


def _points(knee: Summary, server: str) -> list[tuple[float, float]]:
    """Return a server's rates and p99s, up to the first rate that it cannot keep up with."""
    points = []
    for cell in knee.of(server):
        rate_hz, p99_ms = cell.workload.rate_hz, cell.value("p99")
        if rate_hz is not None and p99_ms is not None:
            points.append((rate_hz, p99_ms))
        if cell.outcome == "behind":
            break
    return points


def _line(
    line: Line,
    points: Sequence[tuple[float, float]],
    theme: str,
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> list[str]:
    colour = getattr(line, theme)
    path = " ".join(f"{x(rate):.1f},{y(p99):.1f}" for rate, p99 in points)
    dots = [
        f'<circle cx="{x(rate):.1f}" cy="{y(p99):.1f}" r="4" fill="{colour}"/>'
        for rate, p99 in points
    ]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="3"/>',
        *dots,
        f'<text x="{x(points[-1][0]) + 12:.1f}" y="{y(points[-1][1]) + TYPE_PX / 3:.1f}" '
        f'fill="{colour}" font-weight="600" font-size="18">{html.escape(line.words)}</text>',
    ]


def _scale(low: float, high: float, at_low: float, at_high: float) -> Callable[[float], float]:
    """Return a logarithmic axis: from a value to a place in px."""
    span = math.log(high / low)
    return lambda value: at_low + (at_high - at_low) * math.log(value / low) / span


def main() -> int:
    """Write both files; 2 when there is no such round."""
    try:
        results = read(Path(sys.argv[-1]))
    except ResultsError as error:
        print(f"load_curve: {error}", file=sys.stderr)
        return 2
    (knee,) = [one for one in summarise(results) if one.scenario.name == "knee"]
    for theme in THEMES:
        path = HERE / f"load-curve-{theme}.svg"
        path.write_text(drawing(knee, theme), encoding="utf-8")
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
