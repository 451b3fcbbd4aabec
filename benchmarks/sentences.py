"""What a chart shows, in one sentence computed from the same figures. Pure.

Where two servers cannot be told apart, the sentence says so instead of ranking them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from benchmarks import measure
from benchmarks.summary import Figures, Row


__all__ = ["IN_ORDER", "Shown", "cost", "delivery", "left_out", "spectrum"]

Shown = Sequence[tuple[str, Figures]]  # each server with its figures; at least one

IN_ORDER = 0.9  # a rank correlation above this is an order that a person can see


def cost(shown: Shown, peer: str) -> str:
    """What a delivery costs: the range, who is on which side of the peer, and who is level."""
    ranked = sorted(shown, key=lambda pair: pair[1].cost_us)
    (cheapest, low), (dearest, high) = ranked[0], ranked[-1]
    if len(ranked) == 1:
        return f"A delivery costs {low.cost_us:.1f} µs at {cheapest}."
    said = [
        f"a delivery costs from {low.cost_us:.1f} µs at {cheapest} "
        f"to {high.cost_us:.1f} µs at {dearest}"
    ]
    if any(len(figures.costs_us) < measure.MIN_PROCESSES for _, figures in ranked):
        said.append(f"fewer than {measure.MIN_PROCESSES} processes each tell no two servers apart")
        return _sentence(said)
    compared = [(server, figures.to_peer) for server, figures in ranked if figures.to_peer]
    for verb, names in (
        ("less", [server for server, ratio in compared if ratio.high < 1]),
        ("more", [server for server, ratio in compared if ratio.low > 1]),
    ):
        if names:
            said.append(
                f"{_and(names)} {'costs' if len(names) == 1 else 'cost'} {verb} than {peer}"
            )
    said += [
        f"{one} and {other} cannot be told apart"
        for (one, cheaper), (other, dearer) in pairwise(ranked)
        if measure.ratio(cheaper.costs_us, dearer.costs_us).holds(1.0)
    ]
    return _sentence(said)


def spectrum(shown: Shown) -> str:
    """How long messages take to be complete, and whose tail is longest."""
    by_median = sorted(shown, key=lambda pair: pair[1].p50_ms)
    by_p99 = sorted(shown, key=lambda pair: pair[1].p99_ms)
    half, most = (
        f"within {_ms(ranked[0], field)}"
        + (f" to {_ms(ranked[-1], field)}" if len(shown) > 1 else "")
        for ranked, field in ((by_median, "p50_ms"), (by_p99, "p99_ms"))
    )
    said = [f"half of the messages have reached everyone {half}, 99 in 100 {most}"]
    if len(shown) > 1:
        *_, second, longest = sorted(shown, key=lambda pair: max(pair[1].tails))
        ratio = measure.ratio(longest[1].tails, second[1].tails)
        if ratio.low > 1:
            said.append(f"the tail is longest at {longest[0]}")
        else:
            said.append("whose tail is longest cannot be told")
    return _sentence(said)


def delivery(shown: Shown) -> str:
    """Whether those who connected first also hear first."""
    ordered = [server for server, figures in shown if figures.order_correlation > IN_ORDER]
    others = [server for server, figures in shown if figures.order_correlation <= IN_ORDER]
    said = []
    if ordered:
        said.append(
            f"at {_and(ordered)} recipients are served in the order they connected, "
            "so the last to come hears last every time"
        )
    if others:
        said.append(f"at {_and(others)} they are not served in the order they connected")
    return _sentence(said)


def left_out(rows: Sequence[Row]) -> str:
    """Name the runs that are in no chart, and why; empty when all are in."""
    said = []
    for row in rows:
        if row.figures is None:
            said.append(f"{row.server} ({row.verdict}: {row.reason})")
        elif row.valid_runs < row.runs:
            missing = row.runs - row.valid_runs
            said.append(f"{missing} of {row.runs} processes of {row.server} ({row.reason})")
    return f"Left out: {'; '.join(said)}." if said else ""


def _ms(pair: tuple[str, Figures], field: str) -> str:
    server, figures = pair
    return f"{getattr(figures, field):.1f} ms ({server})"


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
