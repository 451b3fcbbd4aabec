"""What to fix first: rules build on one another, so one fault can fail many of them.

1. Prerequisites. A test that needs named clients cannot say anything of a server that does not
   greet them. Where a prerequisite failed, a failure becomes ``not reached``.
2. Stages. Of many failures, those of the first stage are told in full, and the others are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.protocol import Rule, select_rules
from conformance.results import Results, Run
from conformance.suite import Progress, Request, run_suite


__all__ = ["PREREQUISITES", "Stage", "judge_in_stages", "not_reached", "stages"]

PREREQUISITES = ("membership.welcome", "commands.text", "names.rename")
"""What a test needs of a server before it begins, in order: welcomed, named clients that talk."""

_WAITS = "waits for "
_NEED_NOTHING = ("start", "http", "websocket")  # areas whose tests begin without such clients

# Title and areas of each stage. The prerequisites belong to the first.
_STAGES = (
    ("start, greet, and pass on what is said", ("start",)),
    ("lines, names and commands", ("framing", "names", "commands")),
    ("who is there, and what everyone hears", ("membership", "order", "delivery")),
    ("browsers", ("websocket", "http")),
    ("clients that stall, flood or vanish, and the end", ()),  # every other area
)


@dataclass(frozen=True)
class Stage:
    """Rules that are fixed together, before those of the next stage."""

    number: int  # from 1
    title: str
    rules: tuple[Rule, ...]


def stages(rules: Iterable[Rule]) -> tuple[Stage, ...]:
    """Return the stages that have any of these rules, in order."""
    found: dict[int, list[Rule]] = {}
    for rule in rules:
        found.setdefault(_stage(rule), []).append(rule)
    return tuple(
        Stage(number + 1, _STAGES[number][0], tuple(found[number])) for number in sorted(found)
    )


def judge_in_stages(request: Request, progress: Progress = lambda *_: None) -> Results:
    """Judge as `run_suite` does, but blame no rule for a prerequisite that failed.

    A server that is not ours is asked for the prerequisites first. If it fails one at each of its
    doors, the tests that build on it do not run: each would wait for lines that never come.

    Raises:
        SuiteError: the suite could not run.
    """
    chosen = select_rules(request.rules)
    asked = [rule for rule in chosen if rule.id in PREREQUISITES]
    if request.ids or request.ungreeted or not asked:
        return with_not_reached(run_suite(request, progress))
    basic = run_suite(_only(request, asked, quick=True), progress)
    failed = [run for run in basic.runs if run.verdict == "fail"]
    doors = {run.door for run in basic.runs if run.verdict != "not applicable"}
    if doors - {run.door for run in failed}:
        return with_not_reached(run_suite(request, progress))
    reason = _WAITS + min((run.rule for run in failed), key=PREREQUISITES.index)
    free = [rule for rule in chosen if rule in asked or rule.area in _NEED_NOTHING]
    results = run_suite(_only(request, free, quick=request.quick), progress)
    waiting = tuple(
        Run(rule.id, server, "-", "", "", "not reached", reason)
        for server in results.servers
        for rule in chosen
        if rule not in free
    )
    return with_not_reached(replace(results, rules=chosen, runs=(*results.runs, *waiting)))


def with_not_reached(results: Results) -> Results:
    """Return the results in which no run is blamed for a prerequisite that failed.

    A failed or unknown run at a door where a prerequisite of it failed becomes ``not reached``. Its
    message begins with that prerequisite, and keeps what the test said.
    """
    failed = {
        (run.server, run.door, run.rule)
        for run in results.runs
        if run.rule in PREREQUISITES and run.verdict == "fail"
    }
    return replace(results, runs=tuple(_judged(run, failed) for run in results.runs))


def not_reached(results: Results) -> list[tuple[str, list[str], int]]:
    """Return, for each server with rules that were not reached, what they wait for, and how many.

    A rule waits only if that is its verdict: none of its other runs failed.
    """
    found = []
    for server in results.servers:
        cells = [results.cell(server, rule) for rule in results.rules]
        waiting = [cell for cell in cells if cell.verdict == "not reached"]
        needed = {run.message.partition("\n")[0] for cell in waiting for run in cell.blamed}
        if waiting:
            names = [rule for rule in PREREQUISITES if _WAITS + rule in needed]
            found.append((server, names, len(waiting)))
    return found


def _only(request: Request, rules: Iterable[Rule], *, quick: bool) -> Request:
    return replace(request, rules=",".join(rule.id for rule in rules), quick=quick)


def _judged(run: Run, failed: set[tuple[str, str, str]]) -> Run:
    if run.verdict not in ("fail", "unknown") or run.rule.partition(".")[0] in _NEED_NOTHING:
        return run
    for needed in PREREQUISITES:
        if needed == run.rule:
            break
        # A test without a door of its own may use any door.
        if any(
            server == run.server and rule == needed and run.door in (door, "-")
            for server, door, rule in failed
        ):
            return replace(
                run, verdict="not reached", message=f"{_WAITS}{needed}\n{run.message}".rstrip()
            )
    return run


def _stage(rule: Rule) -> int:
    if rule.id in PREREQUISITES:
        return 0
    for number, (_, areas) in enumerate(_STAGES):
        if rule.area in areas:
            return number
    return len(_STAGES) - 1
