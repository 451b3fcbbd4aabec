"""Judges lesson 04: a bounded outbox, by its policies."""

from __future__ import annotations

import random
from collections import deque
from numbers import Real

from hubbub.learning.promises import Broken, promise


INTERFACE = """
Outbox(places, most_bytes, policy)
Outbox.offer(line) -> bool
Outbox.take() -> lines
"""
POLICIES = ("drop-oldest", "drop-newest", "disconnect")
PLACES = 4
ROOMY_BYTES = 10_000


def _filled(exercise, policy, lines, places=PLACES, most_bytes=ROOMY_BYTES):
    """Return an outbox that was offered lines, and what it answered to each."""
    outbox = exercise.Outbox(places, most_bytes, policy)
    return outbox, [outbox.offer(line) for line in lines]


def _dropped(outbox):
    """Return how many lines were given up, as the outbox counts them."""
    if not isinstance(outbox.dropped, Real):
        kind = "a method" if callable(outbox.dropped) else f"{outbox.dropped!r}"
        raise Broken(f"dropped is {kind}; it is a number, the lines that were given up.")
    return outbox.dropped


def _numbered(count):
    return [f"anna: {number}" for number in range(1, count + 1)]


@promise("delivery.exactly-once", "What fits comes out once, in the order it went in.")
def fits(exercise, seed):
    for policy in POLICIES:
        outbox, answers = _filled(exercise, policy, _numbered(PLACES))
        if not all(answers):
            raise Broken(
                f"Under {policy} an outbox of {PLACES} places refused line "
                f"{answers.index(False) + 1}: it is full when {PLACES} lines wait, not before."
            )
        taken = list(outbox.take())
        if taken != _numbered(PLACES):
            raise Broken(
                f"Under {policy} {PLACES} lines went into an outbox of {PLACES} places, and "
                f"{len(taken)} came out: {taken}. Nothing had to be given up yet."
            )
        if list(outbox.take()):
            raise Broken("What was taken once came out a second time.")
        if _dropped(outbox) != 0:
            raise Broken(
                f"Under {policy} everything fitted, and dropped says {outbox.dropped}: it counts "
                "the lines that were given up."
            )
        if not outbox.offer("anna: again") or list(outbox.take()) != ["anna: again"]:
            raise Broken("Once it was emptied, an outbox takes lines again; this one does not.")


@promise("slow.bounded", "However much is offered, no more waits than there are places.")
def bounded(exercise, seed):
    for policy in POLICIES:
        outbox, _ = _filled(exercise, policy, _numbered(3 * PLACES))
        count = len(list(outbox.take()))
        if count == 3 * PLACES:
            raise Broken(
                f"Under {policy} {count} lines wait in an outbox of {PLACES} places: nothing "
                "bounds it. A client that stops reading would cost all the memory there is."
            )
        if count > PLACES:
            raise Broken(
                f"Under {policy} {count} lines wait in an outbox of {PLACES} places: full is when "
                f"{PLACES} wait already (`>=`, and not `>`)."
            )


@promise("slow.drop-oldest", "Under drop-oldest the newest lines are the ones that stay.")
def drop_oldest(exercise, seed):
    lines = _numbered(6)
    outbox, answers = _filled(exercise, "drop-oldest", lines)
    if not all(answers):
        raise Broken(
            "Under drop-oldest offer said False: that cuts the client off, and it should "
            "stay and lose its oldest lines."
        )
    taken = list(outbox.take())
    if taken == lines[:PLACES]:
        raise Broken(
            "Under drop-oldest the new lines were given up, and the oldest stayed: that "
            "is drop-newest."
        )
    if taken == [*lines[: PLACES - 1], lines[-1]]:
        raise Broken(
            "Under drop-oldest the line before the new one was given up: the list's end "
            "is where the newest are, the oldest stand at its beginning."
        )
    if taken != lines[-PLACES:]:
        raise Broken(f"Of lines 1 to 6 under drop-oldest 3 to 6 should stay; what stayed: {taken}.")


@promise("slow.drop-newest", "Under drop-newest what waits already stays.")
def drop_newest(exercise, seed):
    lines = _numbered(6)
    outbox, answers = _filled(exercise, "drop-newest", lines)
    if not all(answers):
        raise Broken(
            "Under drop-newest offer said False: that cuts the client off, and it should "
            "stay and miss the new line."
        )
    taken = list(outbox.take())
    if taken != lines[:PLACES]:
        raise Broken(f"Of lines 1 to 6 under drop-newest 1 to 4 should stay; what stayed: {taken}.")


@promise("slow.cut-off", "Under disconnect it refuses, keeps what waits, and refuses ever after.")
def disconnect(exercise, seed):
    lines = _numbered(6)
    outbox, answers = _filled(exercise, "disconnect", lines)
    if all(answers):
        raise Broken(
            "Under disconnect a full outbox took the line and said True: nobody will "
            "know that this client has a gap. offer must say False."
        )
    taken = list(outbox.take())
    if not taken:
        raise Broken(
            "Under disconnect the lines that were waiting are gone: they were accepted, "
            "and are delivered before the client is cut off."
        )
    if taken != lines[:PLACES]:
        raise Broken(
            f"Under disconnect lines 1 to 4 were accepted and must still come out; what "
            f"came: {taken}."
        )
    if outbox.offer("anna: later"):
        raise Broken(
            "A line was refused, and then, when there was room again, the next one was "
            "taken: now the client has a gap in the middle. A client that was refused once is on "
            "its way out: refuse ever after."
        )


@promise("lesson.bytes", "Bytes are bounded too, and a character may be more than one byte.")
def bytes_count(exercise, seed):
    long, places = "x" * 100, 1000
    for policy in POLICIES:
        outbox, _ = _filled(exercise, policy, [long] * 50, places, 1000)
        waiting = sum(len(line.encode()) for line in outbox.take())
        if waiting > 1000:
            raise Broken(
                f"Under {policy} {waiting} bytes wait where 1000 are the limit: a few long lines "
                "cost as much as many short ones, so places alone bound nothing."
            )
        if waiting < 1000:
            raise Broken(
                f"Under {policy} ten lines of 100 bytes fit into 1000; {waiting} bytes stayed."
            )
        outbox, _ = _filled(exercise, policy, ["é" * 50] * 30, places, 1000)
        waiting = sum(len(line.encode()) for line in outbox.take())
        if waiting < 1000:
            raise Broken(
                f"Under {policy} ten lines of 50 'é', 100 bytes each, fit into 1000; {waiting} "
                "bytes stayed. A line must give back as many bytes as it took: measure "
                "line.encode() both times."
            )
        if waiting > 1000:
            raise Broken(
                f"Under {policy} {waiting} bytes wait where 1000 are the limit: these lines are "
                "twice as long in bytes as in characters. Measure line.encode()."
            )
        outbox, answers = _filled(exercise, policy, ["x" * 5000], places, 1000)
        if not answers[0] or list(outbox.take()) != ["x" * 5000]:
            raise Broken(
                f"Under {policy} an empty outbox refused a line that is longer than its "
                "limit: then that line could never be delivered. Empty takes any one."
            )
        for _ in range(3):
            outbox.offer(long)
        outbox.take()
        if not all(outbox.offer(long) for _ in range(10)) or len(list(outbox.take())) != 10:
            raise Broken(
                f"Under {policy} an outbox that was emptied has less room than before: "
                "its count of bytes does not go down when lines are taken."
            )


@promise("lesson.counted", "What is given up is counted.")
def counted(exercise, seed):
    for policy in ("drop-oldest", "drop-newest"):
        outbox, _ = _filled(exercise, policy, _numbered(6))
        if outbox.dropped != 2:
            raise Broken(
                f"Under {policy} 2 lines were given up, and dropped says "
                f"{outbox.dropped}: a loss that nobody counts is a loss nobody finds."
            )
    outbox, _ = _filled(exercise, "disconnect", _numbered(6))
    if outbox.dropped != 0:
        raise Broken(
            f"Under disconnect 2 lines were refused, and dropped says {outbox.dropped}: offer has "
            "said False, so its caller knows. Only what goes without a word is counted."
        )
    outbox, _ = _filled(exercise, "drop-oldest", ["x" * 10] * 10 + ["x" * 95], 100, 100)
    if outbox.dropped != 10:
        raise Broken(
            f"One long line took the place of 10 short ones, and dropped says "
            f"{outbox.dropped}: give up as many as it takes, and count each."
        )


class _Model:
    """An outbox as the exercise's text has it."""

    def __init__(self, places, most_bytes, policy):
        self.places, self.most_bytes, self.policy = places, most_bytes, policy
        self.lines, self.dropped, self.refused = deque(), 0, False

    def fits(self, line):
        held = sum(len(one.encode()) for one in self.lines)
        full = len(self.lines) >= self.places or held + len(line.encode()) > self.most_bytes
        return not self.lines or not full

    def offer(self, line):
        if self.policy == "disconnect":
            self.refused = self.refused or not self.fits(line)
            if self.refused:
                return False
        elif self.policy == "drop-newest" and not self.fits(line):
            self.dropped += 1
            return True
        while not self.fits(line):
            self.lines.popleft()
            self.dropped += 1
        self.lines.append(line)
        return True

    def take(self):
        lines = list(self.lines)
        self.lines.clear()
        return lines


@promise("lesson.anything", "Whatever is offered and taken, it does what its text says.", seeds=120)
def anything(exercise, seed):
    draw = random.Random(seed)
    limits = draw.choice((1, 2, 3, 5)), draw.choice((4, 10, 20)), POLICIES[seed % 3]
    outbox, model, calls = exercise.Outbox(*limits), _Model(*limits), []

    def same(what, got, wanted):
        calls.append(f"{what} -> {got!r}")
        if got != wanted:
            places, most_bytes, policy = limits
            raise Broken(
                f"In an outbox of {places} places and {most_bytes} bytes, under {policy}, "
                f"{what} gave {got!r}; it should be {wanted!r}. The last calls stand below.",
                detail="\n".join(calls[-12:]),
            )

    for number in range(12):
        if draw.random() < 0.2:
            same("take()", list(outbox.take()), model.take())
        else:
            line = draw.choice(("", "a", "é", "🙂", "x" * 5, "é" * 4, "x" * 25)) + str(number)
            line = line if draw.random() < 0.9 else ""
            same(f"offer({line!r})", bool(outbox.offer(line)), model.offer(line))
        last = calls[-1].partition(" -> ")[0]
        same(f"dropped after {last}", _dropped(outbox), model.dropped)
    same("take()", list(outbox.take()), model.take())


@promise("lesson.two-clients", "Two outboxes know nothing of each other.")
def two_clients(exercise, seed):
    for policy in POLICIES:
        one, _ = _filled(exercise, policy, _numbered(2 * PLACES))
        other, answers = _filled(exercise, policy, ["ben: hello"])
        given_up = 0 if policy == "disconnect" else PLACES
        if list(other.take()) != ["ben: hello"] or not all(answers) or other.dropped != 0:
            raise Broken(
                f"Under {policy} one outbox was full, and another, fresh one was not as good as "
                "new: they share what waits or what they count. Make that in __init__, not in the "
                "class."
            )
        if len(list(one.take())) != PLACES or one.dropped != given_up:
            raise Broken(
                f"Under {policy} what happened to one outbox changed another one: they share what "
                "waits or what they count. Make that in __init__, not in the class."
            )
