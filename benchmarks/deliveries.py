"""Whether a run may be believed: its own deliveries, judged, and what disturbed it. Pure.

Every delivery of every client that reads to the end is accounted for, and the project's history
checker, the same that judges conformance, decides on loss and order. Clients that heard the same
in the same order are one session to it, so a run of a million deliveries takes it no time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.load import DRAIN_S, Account
from benchmarks.samples import ALTERED, ANNOUNCED, EVICTED, LAST, WARM_UP, Samples
from benchmarks.workload import Verdict, Workload
from conformance.checker import Coverage, History, Session, check


__all__ = [
    "MAX_CROWDING",
    "MAX_GENERATOR_SHARE",
    "MAX_LATENESS_SHARE",
    "MAX_QUEUED_SHARE",
    "MIN_MESSAGES",
    "Tally",
    "judge",
    "tally",
]

MIN_MESSAGES = 30  # fewer say nothing about a server
# Slowed down on purpose, the generator added to costs from 80 % (one machine) or 90 % (another) of
# the time busy on, and on the second, where that was looked at, with three fifths or more of what
# came queued. Busy alone is a fast server, queued alone one that writes in bursts.
MAX_GENERATOR_SHARE = 0.7  # of the time,
MAX_QUEUED_SHARE = 0.5  # and of what came
MAX_CROWDING = 0.1  # above this other programs, and not the server, made the time
MAX_LATENESS_SHARE = 0.5  # of the p99 of responses: a later generator measures itself
_MOST_SESSIONS = 40  # given to the checker; a sound run has one, and its speakers
_NEEDS = Coverage(receivers=1, messages=1)


@dataclass(frozen=True)
class Tally:
    """What became of all that was said from the first warm-up message on."""

    expected: int  # deliveries owed
    lost: int
    duplicated: int
    reordered: int  # behind a later one of the same speaker
    altered: int  # texts that are none of ours, or not as we said them
    announced: int  # the room itself spoke
    finding: str = ""  # what the history checker found first: a rule and a sentence


def tally(samples: Samples, workload: Workload, *, behind: bool = False) -> Tally:
    """Count what became of everything said, and let the history checker look at it.

    Where the server fell ``behind``, only what had reached everyone is owed.
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
        # With several speakers what is on its way at the end is in no order of ours.
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


def judge(
    tally: Tally, account: Account, workload: Workload, *, lateness: float = 0.0
) -> tuple[Verdict, str]:
    """Say whether a run may be believed, and if not, why.

    ``lateness`` is the p99 of how far the generator was behind its plan, as a share of the p99 of
    responses, which it is a part of.
    """
    faults = [
        f"{count} {what}"
        for count, what in (
            (tally.lost, "lost"),
            (tally.duplicated, "delivered twice"),
            (tally.reordered, "out of order"),
            (tally.altered, "never sent"),
            (
                0 if workload.churn_hz or workload.stalled_clients else tally.announced,
                "uncalled for",
            ),
        )
        if count
    ]
    if faults:
        return "invalid", "deliveries: " + ", ".join(faults)
    if tally.finding:
        return "invalid", tally.finding
    if workload.messages < MIN_MESSAGES:
        return "unknown", f"{workload.messages} messages are too few (at least {MIN_MESSAGES})"
    if account.crowding > MAX_CROWDING:
        return "unknown", f"other programs took the processor {account.crowding:.0%} of the time"
    if account.behind:
        offered = "" if workload.rate_hz is None else f" with {workload.rate_hz:g} messages/s"
        return (
            "unknown",
            f"it does not keep up{offered}: not all there {DRAIN_S:g} s after the last",
        )
    share = account.generator_busy_s / account.counted_s if account.counted_s else 0.0
    queued = 1.0 if account.generator_queued is None else account.generator_queued
    if share > MAX_GENERATOR_SHARE and queued > MAX_QUEUED_SHARE:
        return "unknown", f"the generator was busy {share:.0%} of the time, {queued:.0%} queued"
    if lateness > MAX_LATENESS_SHARE:
        return "unknown", f"the generator was late by {lateness:.0%} of the p99"
    return "valid", ""


def _logs(heard: NDArray[np.void], clients: int) -> list[NDArray[np.int64]]:
    """The messages of each client, in the order it heard them."""
    by_client = heard[np.argsort(heard["client"], kind="stable")]
    ends = np.cumsum(np.bincount(heard["client"], minlength=clients))
    return np.split(by_client["message"].astype(np.int64), ends[:-1])


def _different(
    logs: list[NDArray[np.int64]], listeners: NDArray[np.bool_]
) -> list[tuple[NDArray[np.int64], int]]:
    """Each log that any listener has, and how many have it."""
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
    """Return the first thing that the history checker holds against the run; nothing if sound."""
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
        # The welcome is line 0; what came before a message was said is counted behind it.
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
