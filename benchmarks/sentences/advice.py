"""Which server to pick for what, and what it costs: the first table of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.sentences.claims import Claim, claim
from benchmarks.sentences.ladders import reached
from benchmarks.sentences.rankings import comparable
from benchmarks.sentences.wording import ratio_text
from benchmarks.summary import Cell, Summary


__all__ = ["Advice", "Pick", "advice", "picks"]

Advice = tuple[str, tuple[str, ...], str]  # the wish, the servers, the cost of each

_WISHES = (  # scenario, metric, wish, unit of the cost
    ("closed", "cost", "the least processor time per delivery", "µs per delivery"),
    ("open", "p99", "the lowest latency at {rate:g} messages/s to {clients:,} clients", "ms p99"),
    ("closed", "client", "the least memory per client", "KiB per client"),
    (
        "slow",
        "stalled",
        "the least delay from a client that stalls ({size:,}-byte messages)",
        "ms worst p99",
    ),
)
_LADDERS = (  # scenario, metric, wish, unit of the cost
    (
        "knee",
        "p99",
        "{step:,.0f} messages/s to {clients:,} clients, with a p99 of at most {limit:g} ms",
        "ms p99",
    ),
    (
        "capacity",
        "last_p95",
        "{step:,.0f} clients on one core, with a p95 of the last recipient of at most {limit:g} ms",
        "ms p95",
    ),
)


@dataclass(frozen=True)
class Pick:
    """The servers to pick for one wish, the best first.

    Either the others are tied with the first, or each of them meets a limit that the wish names.
    """

    wish: str
    unit: str
    peer: str
    servers: tuple[str, ...]
    values: tuple[str, ...]  # of each server
    ratios: tuple[str, ...]  # of each server to the peer, with its interval; "-" if unknown
    claims: tuple[Claim, ...]

    hedge: str  # empty if there were enough processes to tell servers apart

    @property
    def cost(self) -> str:
        """What each server costs: its own value, ratio and interval."""
        known = [not ratio.startswith("-") and "?" not in ratio for ratio in self.ratios]
        each = [
            f"{server} {value}" + (f", {ratio}" if is_known else "")
            for server, value, ratio, is_known in zip(
                self.servers, self.values, self.ratios, known, strict=True
            )
            if value != "-"
        ]
        if not each:
            return "the limit was met"
        head = f"{self.unit} (ratio to {self.peer})" if any(known) else self.unit
        return f"{head}: {'; '.join(each)}{self.hedge}"


def advice(summaries: Sequence[Summary], ours: Callable[[str], bool]) -> list[Advice]:
    """Return one row for each wish: in words, the names of the servers, and what each costs."""
    return [(pick.wish, pick.servers, pick.cost) for pick in picks(summaries, ours)]


def picks(summaries: Sequence[Summary], ours: Callable[[str], bool]) -> list[Pick]:
    """Return the servers to pick for each wish, with what each costs.

    Only servers for which ``ours`` is true are advised: the peers are there for comparison.
    """
    by_name = {summary.scenario.name: summary for summary in summaries}
    found = []
    for name, metric, wish, unit in _WISHES:
        summary = by_name.get(name)
        if summary is None:
            continue
        cells = summary.ranked(
            metric, [cell for cell in summary.shown if ours(cell.server) and cell.kept_up]
        )
        best = summary.tied(metric, cells)
        if not best:
            continue
        point = best[0].workload
        wished = wish.format(
            rate=point.rate_hz or 0.0, clients=point.clients, size=point.payload_bytes
        )
        claims = [claim(summary, metric, best[0], other) for other in cells[1:]]
        found.append(_pick(summary, metric, wished, unit, best, claims))
    for name, metric, wish, unit in _LADDERS:
        if name not in by_name:
            continue
        summary = by_name[name]
        far = {one: reach for one, reach in reached(summary).items() if ours(one)}
        most = max(far.values(), default=0.0)
        if not most:
            continue
        furthest = [
            cell
            for cell in summary.cells
            if far.get(cell.server) == most and summary.scenario.value(cell.workload) == most
        ]
        wished = wish.format(
            step=most,
            clients=summary.cells[0].workload.clients,
            limit=summary.scenario.limit_ms,
        )
        found.append(_pick(summary, metric, wished, unit, summary.ranked(metric, furthest), ()))
    return found


def _pick(
    summary: Summary,
    metric: str,
    wish: str,
    unit: str,
    cells: Sequence[Cell],
    claims: Sequence[Claim],
) -> Pick:
    return Pick(
        wish,
        unit,
        summary.peer,
        tuple(cell.server for cell in cells),
        tuple(cell.text(metric) for cell in cells),
        tuple(ratio_text(summary.to_peer(cell, metric)) for cell in cells),
        tuple(claims),
        "" if comparable(metric, cells) else ". Too few processes to tell servers apart",
    )
