"""What became of every delivery of a run: lost, doubled, altered, out of order. Pure.

Every delivery of every client that reads to the end is counted. Loss and order are decided by the
history checker, which also judges conformance. Clients that heard the same messages in the same
order are one session for the checker, so it needs little time even for a million deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import ALTERED, ANNOUNCED, EVICTED, LAST, WARM_UP, Samples
from benchmarks.workload import Workload
from conformance.checker import Coverage, History, Session, check


__all__ = ["Tally", "tally"]

_MOST_SESSIONS = 40  # besides the speakers; in a run without faults one is enough
_NEEDS = Coverage(receivers=1, messages=1)


@dataclass(frozen=True)
class Tally:
    """What became of every message, from the first warm-up message on."""

    expected: int  # deliveries owed
    lost: int
    duplicated: int
    reordered: int  # delivered after a later message of the same speaker
    altered: int  # texts that no speaker sent
    announced: int  # texts of the room itself
    finding: str = ""  # the history checker's first finding: a rule and a sentence


def tally(samples: Samples, workload: Workload, *, behind: bool = False) -> Tally:
    """Count what became of every message, and let the history checker judge it.

    If the server fell ``behind``, only the messages up to the last one that reached every client
    are owed.
    """
    heard = samples.deliveries
    altered = int((heard["message"] == ALTERED).sum())
    announced = int(np.isin(heard["message"], [ANNOUNCED, EVICTED]).sum())
    listeners = np.array([not workload.stalls(client) for client in range(workload.clients)])
    phases = samples.messages["phase"]
    owed = (phases >= WARM_UP) & (samples.messages["intended_ns"] > 0)
    heard = heard[heard["message"] >= 0]
    heard = heard[listeners[heard["client"]] & (phases[heard["message"]] >= WARM_UP)]
    if behind:
        reached = np.zeros(workload.clients, dtype=np.int64)
        np.maximum.at(reached, heard["client"], heard["message"])
        last = int(reached[listeners].min())
        owed[last + 1 :] = False
        heard = heard[heard["message"] <= last]
    places = heard["client"].astype(np.int64) * len(phases) + heard["message"]
    counts = np.bincount(places, minlength=workload.clients * len(phases))
    counts = counts.reshape(workload.clients, -1)[listeners][:, owed]
    logs = _logs(heard, workload.clients)
    return Tally(
        expected=counts.size,
        # With several speakers, the messages in flight at the end are in no order known here.
        lost=0 if behind and workload.speakers > 1 else int((counts == 0).sum()),
        duplicated=int(np.maximum(counts - 1, 0).sum()),
        reordered=sum(
            count * _inversions(numbers, samples.messages["speaker"][numbers])
            for numbers, count in _different(logs, listeners)
        ),
        altered=altered,
        announced=announced,
        finding="" if behind else _check(samples, logs, listeners, workload),
    )


def _logs(heard: NDArray[np.void], clients: int) -> list[NDArray[np.int64]]:
    """Return the messages of each client, in the order in which it heard them."""
    by_client = heard[np.argsort(heard["client"], kind="stable")]
    ends = np.cumsum(np.bincount(heard["client"], minlength=clients))
    return np.split(by_client["message"].astype(np.int64), ends[:-1])


def _different(
    logs: list[NDArray[np.int64]], listeners: NDArray[np.bool_]
) -> list[tuple[NDArray[np.int64], int]]:
    """Return each different log of the listeners, and how many listeners have it."""
    found: dict[bytes, tuple[NDArray[np.int64], int]] = {}
    for client in np.flatnonzero(listeners):
        key = logs[client].tobytes()
        found[key] = (logs[client], found[key][1] + 1 if key in found else 1)
    return list(found.values())


def _inversions(numbers: NDArray[np.int64], speakers: NDArray[np.int64]) -> int:
    return sum(
        int((np.diff(numbers[speakers == speaker]) < 0).sum()) for speaker in np.unique(speakers)
    )


def _check(
    samples: Samples,
    logs: list[NDArray[np.int64]],
    listeners: NDArray[np.bool_],
    workload: Workload,
) -> str:
    """Return the history checker's first finding; empty if it has none."""
    chosen = dict.fromkeys(range(workload.speakers))
    seen = {logs[client].tobytes() for client in chosen}
    for client in np.flatnonzero(listeners).tolist():
        if logs[client].tobytes() not in seen and len(chosen) < workload.speakers + _MOST_SESSIONS:
            seen.add(logs[client].tobytes())
            chosen[client] = None
    speakers = samples.messages["speaker"].tolist()
    texts = [f"c{speaker}-{number}" for number, speaker in enumerate(speakers)]
    lines = [f"c{speaker}: {text}" for speaker, text in zip(speakers, texts, strict=True)]
    said = np.flatnonzero(
        (samples.messages["phase"] >= WARM_UP) & (samples.messages["intended_ns"] > 0)
    )
    sessions = []
    for client in chosen:
        own = said[samples.messages["speaker"][said] == client]
        at_ns = samples.deliveries["at_ns"][samples.deliveries["client"] == client]
        # The welcome is line 0, so the lines heard before a message are counted from there.
        after = 1 + np.searchsorted(at_ns, samples.messages["sent_ns"][own])
        sessions.append(
            Session(
                f"c{client}",
                [f"* you are c{client}", *(lines[number] for number in logs[client])],
                [texts[number] for number in own],
                [min(int(count), 1 + len(logs[client])) for count in after],
                complete=bool(len(own)) and samples.messages["phase"][said[-1]] == LAST,
            )
        )
    violations = check(History(tuple(sessions)), _NEEDS).violations
    return f"{violations[0].rule_id}: {violations[0].sentence}" if violations else ""
