"""How far each server got on a ladder: a walk along an axis that ends where a limit is missed."""

from __future__ import annotations

from benchmarks.estimates import MIN_PROCESSES
from benchmarks.sentences.claims import Claim
from benchmarks.sentences.rankings import ends
from benchmarks.sentences.wording import Finding
from benchmarks.summary import Summary


__all__ = ["broke", "kept", "reached", "say_ladder", "say_load"]

_LIMITS = {"p95 of last": "a p95 of the last recipient"}


def reached(summary: Summary) -> dict[str, float]:
    """Return the last step at which each server met the limit in most of its processes."""
    far: dict[str, float] = {}
    for cell in summary.cells:
        passed = [summary.scenario.passes(run.figures) for run in cell.valid]
        if passed and sum(passed) * 2 > len(passed):
            far[cell.server] = float(summary.scenario.value(cell.workload))
    return far


def broke(summary: Summary) -> dict[str, float]:
    """Return the lowest step at which each server broke: it did not keep up, or lost messages."""
    first: dict[str, float] = {}
    for cell in summary.cells:
        if cell.outcome in ("behind", "invalid"):
            step = float(summary.scenario.value(cell.workload))
            first[cell.server] = min(step, first.get(cell.server, step))
    return first


def kept(summary: Summary) -> dict[str, float]:
    """Return the highest step with which each server kept up, below the one that broke it."""
    limits = broke(summary)
    far: dict[str, float] = {}
    for cell in summary.cells:
        step = float(summary.scenario.value(cell.workload))
        if cell.kept_up and step < limits.get(cell.server, step + 1):
            far[cell.server] = max(step, far.get(cell.server, 0.0))
    return far


def say_load(summary: Summary) -> Finding:
    """Group the servers by the rate that broke them, the best first."""
    scenario, first = summary.scenario, summary.cells[0].workload
    top = max(float(scenario.value(cell.workload)) for cell in summary.cells)
    limits, far = broke(summary), kept(summary)
    groups: list[tuple[str, list[str]]] = []
    whole = [one for one in summary.servers if far.get(one) == top]
    groups.append((f"kept up with {top:,.0f} {scenario.unit}, the highest rate offered", whole))
    for step in sorted(set(limits.values()), reverse=True):
        at = [one for one in summary.servers if limits.get(one) == step]
        groups.append((f"broke at {step:,.0f} {scenario.unit}", at))
    for step in sorted(set(far.values()), reverse=True):
        others = [
            one
            for one in summary.servers
            if far.get(one) == step and one not in limits and one not in whole
        ]
        groups.append((f"kept up with {step:,.0f} {scenario.unit}; more was not measured", others))
    return Finding.of(
        f"With {first.clients:,} clients, {len(whole)} of {len(summary.servers)} servers kept up "
        f"with {top:,.0f} {scenario.unit}, the highest rate offered. A server breaks when less "
        f"than nine tenths of the rate arrive, or messages are lost.{_once(summary)}",
        groups,
    )


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
    said = f"Each server went up step by step, as long as it kept {limit}.{_once(summary)}"
    own, claims = _shootout(summary) if scenario.axis == "clients" else ("", [])
    return Finding.of(said + own, groups, claims)


def _once(summary: Summary) -> str:
    """Say that a step was measured too seldom to separate servers near the limit."""
    if max(len(cell.runs) for cell in summary.cells) >= MIN_PROCESSES:
        return ""
    times = max(len(cell.runs) for cell in summary.cells)
    measured = "once" if times == 1 else f"{times} times"
    return (
        f" Each step was measured {measured}, so a server near its limit may stand one step too "
        "low or too high."
    )


def _shootout(summary: Summary) -> tuple[str, list[Claim]]:
    """Say the same for the only recipient that the websocket-shootout timed."""
    last = max((cell.workload for cell in summary.cells), key=summary.scenario.value)
    told = [cell for cell in summary.at(last) if cell.value("own_p95") is not None]
    text, claims = ends(summary, "own_p95", told, "ms")
    if not text:
        return "", []
    return (
        " The websocket-shootout stops its clock when the speaker has its own copy. Timed like "
        f"that, the p95 with {summary.scenario.point_text(last)} is {text}."
    ), claims
