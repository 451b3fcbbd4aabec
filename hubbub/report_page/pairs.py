"""Two servers compared: their ratio, its range, and whether they are tied. Pure.

The pairs answer the questions that people ask of two designs. Whether two servers differ is for
`Summary.differ` to say, here as everywhere in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import estimates
from benchmarks.summary import Cell, Summary


__all__ = ["Comparison", "Question", "Ratio", "questions"]

_HUBS = ("mutex", "broadcaster", "direct")
_METRICS = (  # scenario, metric, heading
    ("closed", "cost", "cost of a delivery"),
    ("open", "p99", "p99 at {rate:g} messages/s"),
    ("closed", "client", "memory per client"),
)


@dataclass(frozen=True)
class Ratio:
    """The first server's value over the second's. ``word`` is the result of the test."""

    text: str  # "0.71 (0.69 to 0.73)"
    word: str  # "less", "more", "tied"; or why there is no ratio


@dataclass(frozen=True)
class Comparison:
    """Two servers, and a ratio per metric."""

    server: str
    other: str
    ratios: tuple[Ratio, ...]


@dataclass(frozen=True)
class Question:
    """A question, and the pairs of servers that answer it."""

    text: str
    pairs: tuple[Comparison, ...]


def questions(summaries: Sequence[Summary]) -> tuple[tuple[str, ...], list[Question]]:
    """Return the headings of the ratios, and the questions that the measured servers answer."""
    by_name = {summary.scenario.name: summary for summary in summaries}
    metrics = [
        (by_name[name], metric, heading) for name, metric, heading in _METRICS if name in by_name
    ]
    peer = summaries[0].peer if summaries else ""
    asked = (
        ("Is trio slower than asyncio?", [(f"trio-{hub}", f"asyncio-{hub}") for hub in _HUBS]),
        (
            "Are threads slower than asyncio?",
            [(f"threads-{hub}", f"asyncio-{hub}") for hub in _HUBS],
        ),
        (
            "What does it save to write to the sockets directly, without an outbox?",
            [
                (f"{runtime}-direct", f"{runtime}-broadcaster")
                for runtime in ("threads", "asyncio", "trio")
            ],
        ),
        (
            f"What does {peer} gain?",
            [(peer, f"asyncio-{hub}") for hub in ("direct", "broadcaster")],
        ),
    )
    known = {server for summary, _, _ in metrics for server in summary.servers}
    found = []
    for text, pairs in asked:
        compared = tuple(
            Comparison(one, other, tuple(_ratio(s, metric, one, other) for s, metric, _ in metrics))
            for one, other in pairs
            if one in known and other in known
        )
        if compared:
            found.append(Question(text, compared))
    headings = tuple(
        heading.format(rate=summary.cells[0].workload.rate_hz or 0.0)
        for summary, _, heading in metrics
    )
    return headings, found


def _ratio(summary: Summary, metric: str, server: str, other: str) -> Ratio:
    one, two = _cell(summary, server), _cell(summary, other)
    if one is None or two is None:
        return Ratio("", "not measured")
    behind = [cell.server for cell in (one, two) if cell.outcome == "behind"]
    if behind:
        return Ratio("", f"{' and '.join(behind)} did not keep up")
    ours, theirs = one.values(metric), two.values(metric)
    if not ours or not theirs or min(*ours, *theirs) <= 0:
        return Ratio("", "no values")
    if min(len(ours), len(theirs)) < estimates.MIN_PROCESSES:
        return Ratio("", "too few processes")
    interval = estimates.ratio(ours, theirs)
    text = f"{interval.middle:.2f} ({interval.low:.2f} to {interval.high:.2f})"
    if not summary.differ(metric, one, two):
        return Ratio(text, "tied")
    return Ratio(text, "less" if interval.middle < 1 else "more")


def _cell(summary: Summary, server: str) -> Cell | None:
    return next((cell for cell in summary.shown if cell.server == server), None)
