"""Judges lesson 10: a connection's life, however it ends."""

from __future__ import annotations

import math

import trio

from hubbub.learning.nurseries import PATIENCE_S, Scene, live
from hubbub.learning.promises import Broken, promise
from implementations.core.errors import PeerGone


INTERFACE = """
async serve(client)
"""
ENDS_S = 3.0
LEAVE_S = 1.0
OTHER = {"read": "write", "write": "read"}
STUCK = math.inf


class Bug(Exception):
    """What a mistake in a pump raises."""


def _live(exercise, scene, seed=0):
    life = live(exercise.serve, scene, seed)
    for error in _errors(life.error):
        if not isinstance(error, PeerGone | Bug | trio.TooSlowError):
            raise error  # the exercise's own
    return life


def _ending(pump, error=None, **more):
    """Return a scene in which one pump ends, or fails, at `ENDS_S`."""
    return Scene(**{f"{pump}_s": ENDS_S, f"{pump}_error": error}, **more)


def _errors(error):
    """Return what is in an error, groups opened."""
    if isinstance(error, BaseExceptionGroup):
        return [inner for part in error.exceptions for inner in _errors(part)]
    return [] if error is None else [error]


def _named(error):
    names = " and ".join(type(inner).__name__ for inner in _errors(error))
    return f"an ExceptionGroup with {names} in it" if isinstance(error, ExceptionGroup) else names


def _cleaned(life, told):
    """Judge what must be so however a life ended; ``told`` says how it did."""
    begun = {life.calls(what)[0].began_s for what in OTHER if life.calls(what)}
    if len(begun) > 1:
        raise Broken(
            f"read and write began one after the other, {max(begun) - min(begun):g} s apart: while "
            "serve awaits one, the other cannot begin. Start both in a nursery.",
            detail=life.log(),
        )
    for what in life.left_over:
        if what in OTHER and len(life.calls(what)) == len(life.calls(OTHER[what])) == 1:
            raise Broken(
                f"{told}, and {what} was still waiting {PATIENCE_S - ENDS_S:g} s later: nothing "
                "told it to end. A nursery waits for all of its tasks, and ends none of them; your "
                "code must cancel its scope.",
                detail=life.log(),
            )
    for what in ("read", "write"):
        if len(life.calls(what)) != 1:
            raise Broken(
                f"{what} was called {len(life.calls(what))} times; it runs once per connection, "
                "beside the other one.",
                detail=life.log(),
            )
    for what in ("close", "leave"):
        count = len(life.calls(what))
        if not count:
            raise Broken(
                f"{told}, and {what} was never called: {_NEVER[what]} What must be done however "
                "a block ends stands in a finally.",
                detail=life.log(),
            )
        if count > 1:
            raise Broken(
                f"{told}, and {what} was called {count} times. When each pump cleans up, both do: "
                "in Go the second close of a channel ends the process. The code that started both "
                "cleans up, once, after both.",
                detail=life.log(),
            )
        early = [pump for pump in OTHER if _when(life, what) < _when(life, pump, over=True)]
        if early:
            raise Broken(
                f"{told}, and {what} was called while {early[0]} was not over yet: after its "
                "farewell something of it still goes on. Clean up after the block of the nursery, "
                "when both have ended.",
                detail=life.log(),
            )
    for what in ("read", "write", "leave"):
        if _when(life, "serve") < _when(life, what, over=True):
            raise Broken(
                f"{told}, and serve was over before {what} was: something of the client goes on "
                "that no task waits for, and no task can cancel.",
                detail=life.log(),
            )


_NEVER = {
    "close": "its socket stays open.",
    "leave": "for everybody else it is still in the room.",
}


def _when(life, what, *, over=False):
    """Return the place of an event in the log: of the first call, or of the end of it."""
    places = [
        place
        for place, (_, event) in enumerate(life.events)
        if event.startswith(what) and not (over and event.endswith("begins"))
    ]
    return places[0] if places else len(life.events)


def _is_quiet(life, told):
    """Look that nothing came out of serve."""
    if life.error is None:
        return
    if any(isinstance(inner, trio.TooSlowError) for inner in _errors(life.error)):
        raise Broken(
            f"{told}, and TooSlowError came out of serve: one slow farewell would end the whole "
            "server. Give up on it and go on (move_on_after), do not fail.",
            detail=life.log(),
        )
    if isinstance(life.error, ExceptionGroup):
        raise Broken(
            f"{told}, and {_named(life.error)} came out of serve. A nursery puts what its tasks "
            "raise into a group, even a single one, and `except PeerGone` does not look into "
            "groups; `except* PeerGone` does.",
            detail=life.log(),
        )
    raise Broken(
        f"{told}, and {_named(life.error)} came out of serve: a client that went is no error.",
        detail=life.log(),
    )


def _had_its_time(life, told):
    span = life.calls("leave")[0]
    if span.how != "cancelled":
        return
    if span.ended_s == span.began_s:
        raise Broken(
            f"{told}, and leave was cancelled too, so nobody was told. In a cancelled scope every "
            "wait is cancelled, in a finally as well; the farewell needs a shield.",
            detail=life.log(),
        )
    raise Broken(
        f"{told}, and leave was cut short after {span.ended_s - span.began_s:g} s: it has "
        f"{LEAVE_S:g} s.",
        detail=life.log(),
    )


def _is_over(life, told, at_s, why):
    if life.over_s > at_s + 0.5:
        raise Broken(
            f"{told}, and serve ended only after {life.over_s:g} s: {why}", detail=life.log()
        )


@promise("lesson.together", "When one of read and write ends, the other is cancelled.")
def together(exercise, seed):
    for pump in OTHER:
        told = f"{pump} ended after {ENDS_S:g} s"
        life = _live(exercise, _ending(pump))
        cut = [what for what in OTHER for span in life.calls(what) if span.how == "cancelled"]
        if life.over_s < ENDS_S and cut:
            raise Broken(
                f"{' and '.join(cut)} had been cancelled {life.over_s:g} s after serve had begun, "
                "and neither had ended by itself. Await a pump, then cancel the other one.",
                detail=life.log(),
            )
        _cleaned(life, told)
        _is_quiet(life, told)
        _is_over(life, told, ENDS_S, f"{OTHER[pump]} is to be cancelled at once.")


@promise("lesson.gone", "A connection that fails ends like any other.")
def gone(exercise, seed):
    for pump in OTHER:
        told = f"{pump} failed with PeerGone"
        life = _live(exercise, _ending(pump, PeerGone()))
        _cleaned(life, told)
        _is_quiet(life, told)


@promise("membership.left-once", "When both end at once, it leaves once, quietly.", seeds=10)
def once(exercise, seed):
    for error in (None, PeerGone()):
        told = "read and write both " + ("failed with PeerGone" if error else "ended")
        scene = Scene(read_s=ENDS_S, read_error=error, write_s=ENDS_S, write_error=error)
        life = _live(exercise, scene, seed)
        _cleaned(life, told)
        _is_quiet(life, told)


@promise("lesson.errors", "An unexpected error comes out, once all is cleaned up.")
def errors(exercise, seed):
    one, other = Bug("one"), Bug("other")
    for scene, bugs, told in (
        (_ending("read", one), [one], "read failed with a bug"),
        (_ending("write", one), [one], "write failed with a bug"),
        (
            Scene(read_s=ENDS_S, read_error=one, write_s=ENDS_S, write_error=other),
            [one, other],
            "read and write both failed with a bug",
        ),
        (
            Scene(read_s=ENDS_S, read_error=one, write_s=ENDS_S, write_error=PeerGone()),
            [one],
            "read failed with a bug and write with PeerGone",
        ),
    ):
        life = _live(exercise, scene)
        _cleaned(life, told)
        found = _errors(life.error)
        if any(bug not in found for bug in bugs):
            came = "only one of the two came" if set(found) & set(bugs) else "nothing of it came"
            raise Broken(
                f"{told}, and {came} out of serve: a mistake that nobody hears of is never fixed. "
                "Catch what you expect, PeerGone, and let the rest through. (A return in a finally "
                "drops all of it.)",
                detail=life.log(),
            )


@promise("lesson.cancelled", "Cancelled from outside, it cleans up and passes that on.")
def cancelled(exercise, seed):
    told = f"serve was cancelled after {ENDS_S:g} s"
    life = _live(exercise, Scene(cancel_s=ENDS_S, room_s=LEAVE_S / 4))
    if "read" in life.left_over or "write" in life.left_over:
        raise Broken(
            f"{told}, and {' and '.join(life.left_over)} went on: the cancellation was kept out. A "
            "shield keeps it from all that is inside; only the farewell needs one.",
            detail=life.log(),
        )
    _cleaned(life, told)
    _had_its_time(life, told)
    if life.error is not None:
        raise Broken(f"{told}, and {_named(life.error)} came out.", detail=life.log())
    if not life.cancelled:
        raise Broken(
            f"{told}, and it returned as if all were well: the cancellation was swallowed, and the "
            "code that asked for it goes on as if nothing had happened. Let Cancelled through; "
            "`except BaseException` and a `return` in a `finally` do not.",
            detail=life.log(),
        )


@promise("lesson.deadline", "The farewell has LEAVE_S seconds, and no more.")
def deadline(exercise, seed):
    for scene, told in (
        (_ending("read", room_s=0.9 * LEAVE_S), "read ended"),
        (Scene(cancel_s=ENDS_S, room_s=0.9 * LEAVE_S), "serve was cancelled"),
        (_ending("write", Bug(), room_s=0.9 * LEAVE_S), "write failed with a bug"),
    ):
        life = _live(exercise, scene)
        _cleaned(life, told)
        _had_its_time(life, told)
    for scene, told in (
        (_ending("read", room_s=STUCK), "The room was stuck when read ended"),
        (Scene(cancel_s=ENDS_S, room_s=STUCK), "The room was stuck when serve was cancelled"),
    ):
        life = _live(exercise, scene)
        if "leave" in life.left_over:
            unclosed = " Nor was the connection closed: close first, and announce after."
            raise Broken(
                f"{told}, and leave still waited {PATIENCE_S - ENDS_S:g} s later. Nothing can end "
                "it, and a server that stops waits for it for ever: a shield needs a deadline."
                f"{'' if life.calls('close') else unclosed}",
                detail=life.log(),
            )
        _cleaned(life, told)
        _is_quiet(life, told)
        _is_over(life, told, ENDS_S + LEAVE_S, f"leave has {LEAVE_S:g} s.")
