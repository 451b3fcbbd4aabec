"""Judges lesson 12: an honest report of what was measured."""

from __future__ import annotations

import random

from hubbub.learning.promises import Broken, promise


def _log(times_ms, late_ms=0.0):
    """Return a log of messages, each with the times that its recipients took, None for never."""
    log = []
    for number, times in enumerate(times_ms):
        at_s = number * 0.01
        got = [None if ms is None else at_s + ms / 1000 for ms in times]
        log.append((at_s, at_s + late_ms / 1000, got))
    return log


def _is(found, expected):
    if expected is None or found is None:
        return found is expected
    return abs(found - expected) <= 1e-6 * max(1.0, abs(expected))


@promise("lesson.percentile", "A percentile is a sample, and the right one.")
def percentiles(exercise, seed):
    samples = [float(ms) for ms in range(1, 101)]
    random.Random(seed).shuffle(samples)
    found = exercise.report(_log([[ms] for ms in samples]))
    if _is(found["p50_ms"], 50.5) or _is(found["p99_ms"], 50.5):
        raise Broken(
            "Of 1 to 100 ms the p50 is 50 ms and the p99 is 99; what came is the mean, "
            "50.5: a mean hides the one who waits longest."
        )
    for name, expected in (("p50_ms", 50), ("p99_ms", 99), ("max_ms", 100)):
        if not _is(found[name], expected):
            ordered = (
                ""
                if _is(exercise.report(_log([[ms] for ms in sorted(samples)]))[name], expected)
                else " even when they come in order"
            )
            raise Broken(
                f"Of the samples 1 to 100 ms, in any order, {name} is {expected}, and "
                f"{found[name]:g} came{ordered}: sort, then take number "
                "ceil(count * percent / 100), counted from one."
            )
    found = exercise.report(_log([[7.0]]))
    if not _is(found["p99_ms"], 7.0):
        raise Broken(f"Of a single sample of 7 ms the p99 is 7; it came out as {found['p99_ms']}.")


@promise("lesson.intended", "Time runs from when a message should have been sent.")
def intended(exercise, seed):
    found = exercise.report(_log([[500.0]] * 50, late_ms=490.0))
    if _is(found["p50_ms"], 10.0):
        raise Broken(
            "Each message came 500 ms after it should have been sent, and the report says 10: it "
            "counts from when it was sent. The sender was late because the server kept it waiting, "
            "so what the server did is left out. That is coordinated omission."
        )
    for name in ("p50_ms", "p99_ms", "max_ms", "last_p50_ms"):
        if not _is(found[name], 500.0):
            raise Broken(
                f"Each message took 500 ms, and {name} says {found[name]}: count from "
                "intended everywhere."
            )


@promise("lesson.pooled", "Every delivery counts, not only the first of each message.")
def pooled(exercise, seed):
    found = exercise.report(_log([[1.0, 2.0, 3.0, 100.0]] * 25))
    if found["count"] != 100:
        raise Broken(
            f"25 messages to 4 recipients are 100 deliveries; count says "
            f"{found['count']}. Each of them is somebody who waited."
        )
    if not _is(found["p50_ms"], 2.0) or not _is(found["p99_ms"], 100.0):
        raise Broken(
            "Each message took 1, 2, 3 and 100 ms to its four recipients: over all "
            f"deliveries the p50 is 2 and the p99 100; what came: {found['p50_ms']:g} and "
            f"{found['p99_ms']:g}. Pool all samples; percentiles of percentiles, or of "
            "one recipient, are of nobody."
        )


@promise("delivery.exactly-once", "What never came is counted, and is no sample.")
def lost(exercise, seed):
    log = _log([[1.0, 2.0], [3.0, None], [None, None]])
    try:
        found = exercise.report(log)
    except TypeError:
        raise Broken(
            "A delivery that never came (None) ended in a TypeError: it happens, and the "
            "report must say so."
        ) from None
    if found["lost"] != 3:
        raise Broken(
            f"Three deliveries never came, and lost says {found['lost']}: a fast server "
            "that loses lines is not fast."
        )
    if found["count"] != 3 or not _is(found["p50_ms"], 2.0):
        raise Broken(
            "Deliveries that never came are no samples: neither nothing nor for ever. Of "
            f"1, 2 and 3 ms the p50 is 2; it came out as {found['p50_ms']}, with a count "
            f"of {found['count']}."
        )
    if not _is(found["last_p50_ms"], 2.0):
        raise Broken(
            "Only the first message reached everybody, its last recipient after 2 ms; "
            f"last_p50_ms says {found['last_p50_ms']}."
        )


@promise("lesson.last", "A message is through when its last recipient has it.")
def last(exercise, seed):
    found = exercise.report(_log([[1.0, 9.0], [9.5, 2.0], [3.0, 10.0]]))
    if not _is(found["last_p50_ms"], 9.5):
        raise Broken(
            "The last recipients of three messages had them after 9, 9.5 and 10 ms: "
            f"last_p50_ms is 9.5, and {found['last_p50_ms']:g} came. It is the latest of "
            "each message, whatever place it has in the list."
        )


@promise("lesson.empty", "Where there is no sample there is no percentile.")
def empty(exercise, seed):
    for log in ([], _log([[None, None]])):
        try:
            found = exercise.report(log)
        except (IndexError, ValueError, ZeroDivisionError, TypeError) as error:
            raise Broken(
                f"A run in which nothing arrived ended in {type(error).__name__}; every "
                "time in its report is None."
            ) from None
        if found["p99_ms"] is not None or found["max_ms"] is not None:
            raise Broken(
                f"Nothing arrived, and the report says {found}: a number that was not "
                "measured. It is None."
            )
