"""What a client that stops reading did to the other clients, and what the server did to it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.load import DRAIN_S
from benchmarks.sentences.claims import Claim
from benchmarks.sentences.rankings import ends
from benchmarks.sentences.wording import NOTHING, Finding, name_few
from benchmarks.summary import Cell, Summary


__all__ = ["delayed", "say_policies", "say_slow"]

# The p99 is that of the worst quarter of a second among many, so the others' p99 may grow by this
# much by chance.
_NOTICED_MS = 20.0


def say_slow(summary: Summary) -> Finding:
    """Say for each size of message which servers delayed the other clients, and by how much."""
    said: list[str] = []
    groups: list[tuple[str, Sequence[str]]] = []
    claims: list[Claim] = []
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        size = f"{point.payload_bytes:,} bytes"
        sentence, found, compared = _stall(summary, summary.at(point))
        if sentence:
            said.append(f"With messages of {size} {sentence}")
        groups += [(f"{size}, {label}", servers) for label, servers in found]
        claims += compared
    return Finding.of(" ".join(said) or NOTHING, groups, claims)


def delayed(cell: Cell) -> str:
    """Return whether the stall delayed the other clients: ``yes``, ``no``, or ``in some runs``.

    Empty if there are no values.
    """
    pairs = list(zip(cell.values("calm"), cell.values("stalled"), strict=False))
    if not pairs:
        return ""
    grown = [after > before + _NOTICED_MS for before, after in pairs]
    return "yes" if all(grown) else "in some runs" if any(grown) else "no"


def _stall(
    summary: Summary, cells: Sequence[Cell]
) -> tuple[str, list[tuple[str, list[str]]], list[Claim]]:
    """Return the rest of the sentence about one size, the groups of servers, and the claims."""
    by_delay: dict[str, list[Cell]] = {"no": [], "in some runs": [], "yes": []}
    for cell in cells:
        by_delay.get(delayed(cell), []).append(cell)
    stopped = [cell.server for cell in cells if cell.behind]
    parts, claims = [], []
    if by_delay["yes"]:
        text, compared = ends(summary, "stalled", by_delay["yes"], "ms")
        count = len(by_delay["yes"])
        parts.append(
            f"{count} {'server delays' if count == 1 else 'servers delay'} the other clients: "
            f"their worst p99 is {text}"
        )
        claims += compared
    elif by_delay["no"] and not by_delay["in some runs"] and not stopped:
        parts.append("no server delays the other clients")
    cut = [cell for cell in cells if cell.value("cut") is not None]
    if cut:
        text, compared = ends(summary, "cut", cut, "s")
        parts.append(f"the stalled client is cut off after {text}")
        claims += compared
    kept = [cell.server for cell in cells if not cell.values("cut") and _watched(cell)]
    others = bool(by_delay["yes"] or by_delay["in some runs"] or stopped)
    return (
        f"{', and '.join(parts)}." if parts else "",
        [
            ("others not delayed", [cell.server for cell in by_delay["no"]] if others else []),
            ("others delayed in some runs", [cell.server for cell in by_delay["in some runs"]]),
            ("others delayed", [cell.server for cell in by_delay["yes"]]),
            (f"room stopped, messages missing {DRAIN_S:g} s after the last one", stopped),
            ("stalled client not cut off", kept),
        ],
        claims,
    )


def _watched(cell: Cell) -> bool:
    """Return whether the server's open files were counted; without that, a cut-off is unknown."""
    looks = [look for run in cell.valid if run.account for look in run.account.moments]
    return any(look.open_files is not None for look in looks)


def say_policies(summary: Summary) -> Finding:
    """Give the others' worst p99 for each server and policy."""
    groups = [
        (
            server,
            [
                f"{cell.workload.slow_consumer} {cell.text('stalled')} ms"
                for cell in summary.of(server)
                if cell.valid and cell.value("stalled") is not None
            ],
        )
        for server in summary.servers
    ]
    found: dict[str, list[str]] = {}
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        answers = {answer for cell in summary.at(point) if (answer := delayed(cell))}
        for answer in answers if len(answers) == 1 else ["in some runs"] * bool(answers):
            found.setdefault(answer, []).append(point.slow_consumer)
    said = " ".join(
        f"{words} {name_few(found[answer])}."
        for answer, words in (
            ("yes", "A stalled client delays the others under"),
            (
                "in some runs",
                "A stalled client delays the others in some runs, or at some servers, under",
            ),
            ("no", "A stalled client delays no other client under"),
        )
        if answer in found
    )
    return Finding.of(said or NOTHING, [(f"{one}, worst p99", values) for one, values in groups])
