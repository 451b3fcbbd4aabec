"""What a client that stops reading did to the other clients, and what the server did to it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.load import DRAIN_S
from benchmarks.sentences.wording import NOTHING, Finding, span
from benchmarks.summary import Cell, Summary


__all__ = ["say_policies", "say_slow"]

# The p99 is that of the worst quarter of a second among many, so the others' p99 may grow by this
# much by chance.
_NOTICED_MS = 20.0


def say_slow(summary: Summary) -> Finding:
    """Say for each size of message which servers delayed the other clients, and by how much."""
    said: list[str] = []
    groups: list[tuple[str, Sequence[str]]] = []
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        size = f"{point.payload_bytes:,} bytes"
        sentence, found = _stall(summary.at(point))
        if sentence:
            said.append(f"With messages of {size} {sentence}")
        groups += [(f"{size}, {label}", servers) for label, servers in found]
    return Finding.of(" ".join(said) or NOTHING, groups)


def _stall(cells: Sequence[Cell]) -> tuple[str, list[tuple[str, list[str]]]]:
    """Return the rest of the sentence about one size, and the groups of servers."""
    calm: list[str] = []
    delayed: list[tuple[float, str]] = []
    for cell in cells:
        before, after = cell.value("calm"), cell.value("stalled")
        if before and after:
            if after > before + _NOTICED_MS:
                delayed.append((after, cell.server))
            else:
                calm.append(cell.server)
    stopped = [cell.server for cell in cells if cell.behind]
    parts = []
    if delayed:
        worst, server = max(delayed)
        parts.append(f"the others' p99 rises to {worst:,.0f} ms at most ({server})")
    elif calm and not stopped:
        parts.append("no server delays the other clients")
    cut = sorted((after_s, cell.server) for cell in cells if (after_s := cell.value("cut")))
    if cut:
        times = span([f"{after_s:.1f} s ({server})" for after_s, server in cut])
        parts.append(f"the stalled client is cut off after {times}")
    kept = [cell.server for cell in cells if not cell.values("cut") and _watched(cell)]
    return f"{', and '.join(parts)}." if parts else "", [
        ("others not delayed", calm if delayed or stopped else []),
        ("others delayed", [server for _, server in delayed]),
        (f"room stopped, messages missing {DRAIN_S:g} s after the last one", stopped),
        ("stalled client not cut off", kept),
    ]


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
    said = "The policy decides how much a stalled client delays the others (worst p99)."
    return Finding.of(said if any(values for _, values in groups) else NOTHING, groups)
