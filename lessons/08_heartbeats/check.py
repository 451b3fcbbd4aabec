"""Judges lesson 08: when a peer is pinged, and when it is gone."""

from __future__ import annotations

import math

from hubbub.learning.promises import Broken, promise


INTERFACE = """
Liveness(ping_interval_s, pong_wait_s, now_s)
Liveness.heard(now_s)
Liveness.next_s() -> number
Liveness.due(now_s) -> due
"""
PING_S, WAIT_S, START_S = 10.0, 25.0, 1000.0
MOST_LOOKS = 200


def _watch(exercise, until_s, answers, ping_s=PING_S, wait_s=WAIT_S):
    """Sleep until ``next_s``, again and again. Returns what was due, and when, from the start."""
    liveness = exercise.Liveness(ping_s, wait_s, START_S)
    events = []
    for _ in range(MOST_LOOKS):
        now_s = liveness.next_s()
        if now_s is None or now_s > START_S + until_s:
            return events
        due = liveness.due(now_s)
        if due is not None:
            events.append((due, now_s - START_S))
        if due == "gone":
            return events
        if due == "ping" and answers(now_s - START_S):
            liveness.heard(now_s)
    raise Broken(
        f"Within {until_s:g} s there were {MOST_LOOKS} things to wake up for: next_s keeps naming "
        "a time that is already past, so the server never sleeps."
    )


@promise("liveness.ping", "A peer is pinged every interval, and one that answers stays.")
def pings(exercise, seed):
    events = _watch(exercise, 100, lambda _: True)
    if not events:
        raise Broken(
            "In 100 s nothing was ever due: a peer whose cable was pulled says nothing, and "
            "neither does anybody else. Without a ping it stays in the room for ever."
        )
    if events[-1][0] == "gone":
        at_s = events[-1][1]
        if at_s < WAIT_S:
            raise Broken(
                f"A peer was called gone {at_s:g} s after it came, and it has {WAIT_S:g} s "
                '(pong_wait_s) before it must be heard. Look at when due returns "gone".'
            )
        raise Broken(
            f"A peer that answers every ping was called gone after {at_s:g} s: heard must put the "
            "deadline off."
        )
    times = [at for _, at in events]
    if times != [PING_S * number for number in range(1, 11)]:
        raise Broken(f"A ping is due every {PING_S:g} s; pings came at {times} s.")
    liveness = exercise.Liveness(PING_S, WAIT_S, START_S)
    for second in range(1, 10):
        liveness.heard(START_S + second)
    if liveness.due(START_S + PING_S) != "ping":
        raise Broken(
            "A peer that talks a lot was not pinged after an interval: the interval runs "
            "from ping to ping, whatever is heard."
        )


@promise("liveness.pong-wait", "A peer that answers nothing for long enough is gone, then.")
def silence(exercise, seed):
    events = _watch(exercise, 300, lambda _: False)
    gone = [at for due, at in events if due == "gone"]
    if not gone:
        never_pinged = exercise.Liveness(1e9, WAIT_S, START_S).next_s() - START_S
        if never_pinged > WAIT_S:
            raise Broken(
                f"A silent peer has {WAIT_S:g} s, and it was never called gone. Where the first "
                f"ping is due later than that, next_s should name {WAIT_S:g} s after the start, "
                f"and it names {never_pinged:g} s. All times are in seconds."
            )
        raise Broken(
            "A peer was pinged and never answered, and it was never called gone: a ping that we "
            "send is not a sign of life. Only heard may put the deadline off."
        )
    if gone[0] > WAIT_S:
        raise Broken(
            f"Nothing was heard for {WAIT_S:g} s, and the peer was called gone only after "
            f"{gone[0]:g} s: it counts from what was last heard, and next_s must name "
            "that time too."
        )
    if gone[0] < WAIT_S:
        raise Broken(f"The peer was called gone after {gone[0]:g} s; it has {WAIT_S:g} s.")
    for ping_s, wait_s in ((PING_S, WAIT_S), (4.0, 30.0)):
        events = _watch(exercise, 300, lambda _: False, ping_s, wait_s)
        pings = [at for due, at in events if due == "ping"]
        wanted = [ping_s * number for number in range(1, int(wait_s / ping_s) + 1)]
        if pings != wanted:
            raise Broken(
                f"A silent peer is pinged every {ping_s:g} s until it is gone after {wait_s:g} s, "
                f"answered or not; pings came at {pings} s, and not at {wanted}."
            )
    events = _watch(exercise, 300, lambda at_s: at_s < 45)
    if events[-1] != ("gone", 40 + WAIT_S):
        raise Broken(
            f"The last answer came after 40 s, so the peer is gone after {40 + WAIT_S:g} "
            f"s; what came: {events[-1]}."
        )


@promise("lesson.deadline", "next_s names the first of the two times, and nothing is due before.")
def deadlines(exercise, seed):
    for ping_s, wait_s in ((10.0, 25.0), (30.0, 25.0)):
        liveness = exercise.Liveness(ping_s, wait_s, START_S)
        first = liveness.next_s() - START_S
        if first != min(ping_s, wait_s):
            raise Broken(
                f"Pinged every {ping_s:g} s, gone after {wait_s:g} s: the first thing is "
                f"due after {min(ping_s, wait_s):g} s, and next_s says {first:g}."
            )
        if liveness.due(START_S + first - 0.001) is not None:
            raise Broken("Something was due a millisecond before the time that next_s named.")
    liveness = exercise.Liveness(PING_S, WAIT_S, START_S)
    if liveness.due(START_S + PING_S) != "ping" or liveness.due(START_S + PING_S) is not None:
        raise Broken(
            "At one and the same time a ping was due twice: once it was told, the next is "
            "due an interval later."
        )
    if not math.isfinite(liveness.next_s()):
        raise Broken("After the first ping next_s names no time any more.")


@promise("lesson.heard", "A peer has its full time from when it was last heard, at any moment.")
def heard_at_any_moment(exercise, seed):
    for start_s in (START_S, -WAIT_S, -PING_S, -3.0):
        for after_s in ((), (3.0,), (9.5,), (3.0, 12.0, 19.0), (10.0, 13.0, 24.5)):
            _heard_at(exercise, start_s, after_s)


def _heard_at(exercise, start_s, after_s):
    """Wake up as ``next_s`` says, and hear the peer at some moments between: see when it is gone.

    ``after_s``: when it is heard, in seconds after it came.
    """
    liveness = exercise.Liveness(PING_S, WAIT_S, start_s)
    heard_s, to_hear, pings = 0.0, list(after_s), 0
    moments = f"{' and '.join(f'{one:g}' for one in after_s)} s later, and then no more"
    told = f"A peer came at {start_s:g} s by the clock. It was {'' if after_s else 'never '}heard"
    told += f" {moments}." if after_s else "."
    zero = " Zero is a time like any other: compare with `is None`." if start_s <= 0 else ""
    for _ in range(MOST_LOOKS):
        named_s = liveness.next_s() - start_s
        if to_hear and to_hear[0] <= named_s:
            heard_s = to_hear.pop(0)
            liveness.heard(start_s + heard_s)
            continue
        gone_s = heard_s + WAIT_S
        wanted_s = min(gone_s, PING_S * (pings + 1))
        if named_s != wanted_s:
            raise Broken(
                f"{told} When it had been pinged {_times(pings)}, the next thing was due "
                f"{wanted_s:g} s after it came, and next_s named {named_s:g} s. Silence counts "
                f"from the last call of heard, and pings from the last ping.{zero}"
            )
        due = liveness.due(start_s + named_s)
        wanted = "gone" if named_s == gone_s else "ping"
        if due != wanted:
            raise Broken(
                f"{told} {named_s:g} s after it came, due returned {due!r}; it should be "
                f"{wanted!r}: the peer has {WAIT_S:g} s from when it was last heard.{zero}"
            )
        if due == "gone":
            return
        pings += 1


def _times(count):
    return "once" if count == 1 else f"{count} times" if count else "never"


@promise("lesson.late", "After a late wake-up one ping is due, and not all that were missed.")
def late(exercise, seed):
    liveness = exercise.Liveness(1.0, 1000.0, START_S)
    now_s = START_S + 60.5
    pings = sum(liveness.due(now_s) == "ping" for _ in range(100))
    if pings > 1:
        raise Broken(
            f"The machine was busy for a minute, and then {pings} pings were due at once: "
            "a burst tells no more than one. The next is due an interval from now."
        )
    if liveness.next_s() < now_s:
        raise Broken("After a late ping next_s names a time that is already past.")


@promise("lesson.gone", "Gone comes before a ping, and is for good.")
def for_good(exercise, seed):
    liveness = exercise.Liveness(PING_S, WAIT_S, START_S)
    if liveness.due(START_S + 2 * WAIT_S) != "gone":
        raise Broken(
            "Both were due, a ping and gone, and what came was not gone: nobody is there "
            "to be pinged."
        )
    if (due := liveness.due(START_S + 2 * WAIT_S)) != "gone":
        raise Broken(
            f"A peer was gone, due was called once more, and it returned {due!r}. Gone is for "
            'good: due returns "gone" each time from then on.'
        )
    liveness.heard(START_S + 2 * WAIT_S + 1)
    if liveness.due(START_S + 2 * WAIT_S + 2) != "gone":
        raise Broken(
            "A peer that was gone said something late, and was back: its departure has "
            "been announced. Gone is for good."
        )


@promise("lesson.two-peers", "It works from any time on, for each peer by itself.")
def two_peers(exercise, seed):
    for start_s in (0.0, -5.0):
        one = exercise.Liveness(PING_S, WAIT_S, start_s)
        told = [one.due(start_s), one.due(start_s + PING_S), one.due(start_s + WAIT_S)]
        if told != [None, "ping", "gone"]:
            raise Broken(
                f"A peer came at {start_s:g} s by the clock, and after 0, {PING_S:g} and "
                f"{WAIT_S:g} s this was due: {told}; it should be None, 'ping', 'gone'. Zero is a "
                "time like any other: compare with `is None`, not with `not`."
            )
    one = exercise.Liveness(PING_S, WAIT_S, START_S)
    other = exercise.Liveness(PING_S, WAIT_S, START_S + 5)
    one.due(START_S + WAIT_S)
    other.heard(START_S + 6)
    if other.due(START_S + 7) is not None or one.due(START_S + WAIT_S + 1) != "gone":
        raise Broken(
            "One peer was gone and another was not, and each changed what is due for the other: "
            "they share their times. Keep them in __init__, not in the class."
        )
