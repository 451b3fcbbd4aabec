"""Judges lesson 12: an honest report of what was measured."""

from __future__ import annotations

import random

from hubbub.learning.promises import Broken, promise


INTERFACE = """
report(log) -> report
"""
# Counts of samples at which a percentile that is rounded, or cut, takes a neighbour.
COUNTS = (1, 2, 3, 4, 5, 7, 10, 11, 49, 51, 99, 101, 149, 150, 151, 199, 249)


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
    found, expected = float(found), float(expected)
    return abs(found - expected) <= 1e-6 * max(1.0, abs(expected))


@promise("lesson.percentile", "A percentile is a sample, and the right one.")
def percentiles(exercise, seed):
    samples = [float(ms) for ms in range(1, 101)]
    random.Random(seed).shuffle(samples)
    found = exercise.report(_log([[ms] for ms in samples]))
    if _is(found["p50_ms"], 50.5) or _is(found["p99_ms"], 50.5):
        raise Broken(
            "Of 1 to 100 ms the p50 is 50 ms and the p99 is 99, and 50.5 came: the mean, or the "
            "middle between two samples. A mean hides the client that waits longest, and nobody "
            "waited 50.5 ms: a percentile is one of the samples."
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
                f"{_ms(found[name])} came{ordered}: sort, then take number "
                "ceil(count * percent / 100), counted from one."
            )
    found = exercise.report(_log([[7.0]]))
    if not _is(found["p99_ms"], 7.0):
        raise Broken(f"Of a single sample of 7 ms the p99 is 7; the result was {found['p99_ms']}.")
    skewed = [1.0, 2.0, 30.0, 100.0]
    found = exercise.report(_log([[ms] for ms in skewed]))
    if _is(found["p50_ms"], 16.0):
        raise Broken(
            "Of 1, 2, 30 and 100 ms the p50 is 2 ms, and 16 came: the middle between two samples, "
            "as statistics.median and numpy.percentile make it. Nobody waited 16 ms; a percentile "
            "is one of the samples."
        )
    if _is(found["p50_ms"], sum(skewed) / 4):
        raise Broken(
            "Of 1, 2, 30 and 100 ms the p50 is 2 ms, and the mean, 33.25, came: a mean hides the "
            "client that waits longest."
        )
    for count in COUNTS:
        found = exercise.report(_log([[float(ms)] for ms in range(count, 0, -1)]))
        for name, percent in (("p50_ms", 50), ("p99_ms", 99)):
            expected = -(-count * percent // 100)
            if not _is(found[name], expected):
                between = " A percentile is one of the samples, and no number between two of them."
                whole = _is(found[name], round(float(found[name] or 0)))
                raise Broken(
                    f"Of the samples 1 to {count} ms {name} is {expected}, and {_ms(found[name])} "
                    f"came: take number ceil({count} * {percent} / 100), counted from one; round "
                    f"and int take a neighbour.{'' if whole else between}"
                )


def _ms(value):
    return "None" if value is None else f"{float(value):g}"


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
                f"Each message took 500 ms, and {name} says {_ms(found[name])}: count from "
                "`intended` everywhere."
            )


@promise("lesson.exact", "Times keep their fractions, and the log stays as it was.")
def exact(exercise, seed):
    log = _log([[0.25], [1.75], [2.375], [10.625]])
    found = exercise.report(log)
    for name, expected in (("p50_ms", 1.75), ("max_ms", 10.625), ("last_p50_ms", 1.75)):
        if not _is(found[name], expected):
            raise Broken(
                f"Of 0.25, 1.75, 2.375 and 10.625 ms {name} is {expected}, and {_ms(found[name])} "
                "came: do not round the times. Many deliveries take less than a millisecond."
            )
    again = exercise.report(log)
    for name in ("count", "lost", "p50_ms", "p99_ms", "max_ms", "last_p50_ms"):
        if not _is(again[name], found[name]):
            raise Broken(
                f"report was called twice with one log; {name} was {_ms(found[name])}, and then "
                f"{_ms(again[name])}. report may not change the log, and may keep nothing from one "
                "call to the next."
            )


@promise("lesson.pooled", "Every delivery counts, not only the first of each message.")
def pooled(exercise, seed):
    found = exercise.report(_log([[1.0, 2.0, 3.0, 100.0]] * 25))
    if found["count"] != 100:
        raise Broken(
            f"25 messages to 4 recipients are 100 deliveries; count says "
            f"{found['count']}. For each of them a client waited."
        )
    if not _is(found["p50_ms"], 2.0) or not _is(found["p99_ms"], 100.0):
        raise Broken(
            "Each message took 1, 2, 3 and 100 ms to its four recipients: over all "
            f"deliveries the p50 is 2 and the p99 100; what came: {_ms(found['p50_ms'])} and "
            f"{_ms(found['p99_ms'])}. Pool all samples; a percentile of percentiles, or of one "
            "recipient, says nothing about any client."
        )

    quick, slow, odd = [1.0, 2.0, 3.0, 4.0], [50.0, 60.0, 70.0, 80.0], [1.0, 1.0, 1.0, 500.0]
    for log, name, expected in (
        ([quick] * 30 + [slow] * 10, "p50_ms", 3.0),
        ([[1.0] * 4] * 49 + [odd], "p99_ms", 1.0),
        ([[5.0]] * 60 + [[1.0] * 4] * 20, "p50_ms", 1.0),
    ):
        found = exercise.report(_log(log))
        if not _is(found[name], expected):
            raise Broken(
                f"Over all {sum(map(len, log))} deliveries of {len(log)} messages {name} is "
                f"{expected:g}, and {_ms(found[name])} came: that is a percentile of one number "
                "per message. Put the times of all deliveries into one list first."
            )


@promise("delivery.exactly-once", "What never came is counted, and is no sample.")
def lost(exercise, seed):
    log = _log([[1.0, 2.0], [None, 3.0], [None, None]])
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
            f"1, 2 and 3 ms the p50 is 2; the result was {found['p50_ms']}, with a count "
            f"of {found['count']}."
        )
    if not _is(found["last_p50_ms"], 2.0):
        raise Broken(
            "Only the first message reached everybody, its last recipient after 2 ms; "
            f"last_p50_ms says {found['last_p50_ms']}."
        )
    found = exercise.report(_log([[1.0, 2.0], [3.0, None, 90.0], [None, 4.0]]))
    if not _is(found["max_ms"], 90.0):
        raise Broken(
            "Of all deliveries that came one took longest, 90 ms; it was the third of a message "
            f"that never came to its second recipient. max_ms says {_ms(found['max_ms'])}: it is "
            "the longest time of all deliveries, whatever else was lost."
        )
    found = exercise.report(_log([[10.0, 20.0], [1.0, None], [2.0, None], [None, 3.0]]))
    if not _is(found["last_p50_ms"], 20.0):
        raise Broken(
            "Four messages were sent, and three of them never came to one of their recipients: "
            "those have no last recipient. The last recipient of the other one had it after 20 ms; "
            f"last_p50_ms says {_ms(found['last_p50_ms'])}."
        )
    found = exercise.report([(0.0, 0.0, [0.0, 0.004]), (-0.002, -0.002, [0.0, None])])
    if found["lost"] != 1 or found["count"] != 3 or not _is(found["p50_ms"], 2.0):
        raise Broken(
            "A delivery came at 0.0 s by the clock, and it was not counted as one: zero is a time "
            f"like any other. lost should be 1 and count 3, and they are {found['lost']} and "
            f"{found['count']}. Compare with `is None`."
        )
    if not _is(found["last_p50_ms"], 4.0):
        raise Broken(
            "A message came to its two recipients at 0.0 s and at 0.004 s by the clock, and its "
            f"last recipient had it after 4 ms; last_p50_ms says {_ms(found['last_p50_ms'])}. Zero "
            "is a time like any other: compare with `is None`, and `all(got)` does not."
        )


@promise("lesson.last", "A message is through when its last recipient has it.")
def last(exercise, seed):
    for log, lasts, expected in (
        ([[1.0, 9.0], [9.5, 2.0], [3.0, 30.0]], "9, 9.5 and 30", 9.5),
        ([[1.0, 9.0], [9.5, 2.0], [3.0, 30.0], [80.0, 1.0]], "9, 9.5, 30 and 80", 9.5),
        ([[1.0, 2.0, 3.0], [7.0, 40.0, 6.0], [50.0, 8.0, 7.0]], "3, 40 and 50", 40.0),
    ):
        found = exercise.report(_log(log))
        if not _is(found["last_p50_ms"], expected):
            raise Broken(
                f"The last recipients of {len(log)} messages had them after {lasts} ms: "
                f"last_p50_ms is {expected:g}, and {_ms(found['last_p50_ms'])} came. Take the "
                "latest time of each message, at whatever place in the list, and then the "
                "percentile of these, which is one of them."
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
        if any(found[name] is not None for name in ("p50_ms", "p99_ms", "max_ms", "last_p50_ms")):
            raise Broken(
                f"Nothing arrived, and the report says {found}: a number that was not "
                "measured. It is None."
            )
