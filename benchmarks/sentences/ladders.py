"""How far each server got on a ladder: a walk along an axis that ends where a limit is missed."""

from __future__ import annotations

from benchmarks.sentences.wording import Finding
from benchmarks.summary import Summary


__all__ = ["reached", "say_ladder"]

_LIMITS = {"p99": "a p99", "p95 of last": "a p95 of the last recipient"}


def reached(summary: Summary) -> dict[str, float]:
    """Return the last step at which each server met the limit in most of its processes."""
    far: dict[str, float] = {}
    for cell in summary.cells:
        passed = [summary.scenario.passes(run.figures) for run in cell.valid]
        if passed and sum(passed) * 2 > len(passed):
            far[cell.server] = float(summary.scenario.value(cell.workload))
    return far


def say_ladder(summary: Summary) -> Finding:
    """Group the servers by the last step at which they met the limit."""
    scenario, first = summary.scenario, summary.cells[0].workload
    limit = f"{_LIMITS[scenario.ladder]} of at most {scenario.limit_ms:g} ms"
    if first.speakers > 1:
        limit += f" with {first.speakers} messages in flight"
    if scenario.axis != "clients":
        limit += f" with {first.clients:,} clients"
    steps = sorted({float(scenario.value(cell.workload)) for cell in summary.cells})
    far = reached(summary)
    by_reach: dict[float, list[str]] = {}
    for server in summary.servers:
        by_reach.setdefault(far.get(server, 0.0), []).append(server)
    groups = []
    for reach, servers in sorted(by_reach.items(), reverse=True):
        if not reach:
            label = f"less than {steps[0]:,.0f} {scenario.unit}, the first step"
        elif reach == steps[-1]:
            label = f"at least {reach:,.0f} {scenario.unit}, the last step"
        else:
            label = f"{reach:,.0f} {scenario.unit}"
        groups.append((label, servers))
    said = f"Each server went up step by step, as long as it kept {limit}."
    return Finding.of(said + (_shootout(summary) if scenario.axis == "clients" else ""), groups)


def _shootout(summary: Summary) -> str:
    """Say the same for the only recipient that the websocket-shootout timed."""
    last = max((cell.workload for cell in summary.cells), key=summary.scenario.value)
    told = [cell for cell in summary.at(last) if cell.value("own_p95") is not None]
    own = sorted(told, key=lambda cell: cell.value("own_p95") or 0.0)
    if not own:
        return ""
    first, slowest = own[0], own[-1]
    return (
        " The websocket-shootout stops its clock when the speaker has its own copy. Timed like "
        f"that, the p95 with {summary.scenario.point_text(last)} is {first.text('own_p95')} ms "
        f"({first.server}) to {slowest.text('own_p95')} ms ({slowest.server})."
    )
