"""Which server to pick for what, and what it costs: the first table of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.sentences.ladders import reached
from benchmarks.sentences.wording import span
from benchmarks.summary import Summary


__all__ = ["Advice", "advice"]

Advice = tuple[str, tuple[str, ...], str]  # the wish, the servers, the cost

_WISHES = (  # scenario, metric, wish, cost
    ("closed", "cost", "the least processor time per delivery", "{} µs per delivery"),
    (
        "open",
        "p99",
        "the lowest latency at {rate:g} messages/s to {clients:,} clients",
        "p99 {} ms",
    ),
    ("closed", "client", "the least memory per client", "{} KiB per client"),
    (
        "slow",
        "stalled",
        "the least delay from a client that stalls ({size:,}-byte messages)",
        "worst p99 {} ms",
    ),
)
_LADDERS = (  # scenario, wish
    ("knee", "the most messages per second to {clients:,} clients"),
    ("capacity", "the most clients on one core"),
)


def advice(summaries: Sequence[Summary], ours: Callable[[str], bool]) -> list[Advice]:
    """Return one row for each wish; the servers of one row are tied.

    Only servers for which ``ours`` is true are advised: the peers are there for comparison.
    """
    by_name = {summary.scenario.name: summary for summary in summaries}
    rows = []
    for name, metric, wish, words in _WISHES:
        summary = by_name.get(name)
        if summary is None:
            continue
        best = summary.tied(metric, [cell for cell in summary.shown if ours(cell.server)])
        if not best:
            continue
        values = sorted(cell.value(metric) or 0.0 for cell in best)
        digits = 1 if values[-1] < 100 else 0
        cost = words.format(span([f"{value:,.{digits}f}" for value in values]))
        ratio = summary.to_peer(best[0], metric)
        if ratio is not None:
            cost += f", {ratio.middle:.2f} times that of {summary.peer}"
        point = best[0].workload
        wished = wish.format(
            rate=point.rate_hz or 0.0, clients=point.clients, size=point.payload_bytes
        )
        rows.append((wished, tuple(cell.server for cell in best), cost))
    for name, wish in _LADDERS:
        if name in by_name:
            summary = by_name[name]
            far = {one: reach for one, reach in reached(summary).items() if ours(one)}
            most = max(far.values(), default=0.0)
            if most:
                furthest = tuple(one for one, reach in far.items() if reach == most)
                wished = wish.format(clients=summary.cells[0].workload.clients)
                rows.append((wished, furthest, f"{most:,.0f} {summary.scenario.unit} or more"))
    return rows
