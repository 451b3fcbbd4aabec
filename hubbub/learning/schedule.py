"""Threads that take turns, and change over where a seed says so.

A race depends on which thread runs when. Here that depends on a number: the same seed gives the
same turns, so what one seed breaks it breaks every time, and can be looked at again.

Each function becomes a *strand*, a real thread that runs only while it has the turn. Strands may
lose the turn before any instruction of the files that are watched, and wherever they wait. One that
sleeps, or waits for a short time only, may go on at any moment: on a busy machine all others may
need longer than that.

Invariants:
  1. At most one strand runs.
  2. Nothing is waited for but by `wait`, so a schedule knows when nobody can go on.
  3. When `run` returns or raises, every strand has ended, save one that runs code which swallows
     everything; the process's own deadline is for those.
"""

from __future__ import annotations

import gc
import linecache
import random
import sys
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any


__all__ = [
    "Crashed",
    "Endless",
    "Place",
    "Schedule",
    "Strand",
    "Stuck",
    "current",
    "place_of",
    "told_waits",
]

MOST_STEPS = 60_000  # instructions of the watched files; an exercise needs some thousands
SHORT_S = 0.5  # a wait with a time-out up to this may end early
LOOK_S = 0.001  # that passes while a strand looks at the clock: it may wait for an hour by that
MOST_STEPS_ALONE = 2_000  # of daemons that go on when all others have ended
SLEEP_AFTER = 2  # waits at one place that nothing but the time-out ended: it is a sleep
RATES = (0.5, 0.15, 0.04)  # of losing the turn at an instruction; each seed has one of them


_settrace = sys.settrace  # an exercise may put something else there


class _Ended(BaseException):
    """Unwinds a strand whose schedule is over. Not an Exception: nobody should catch it."""


@dataclass(frozen=True)
class Place:
    """A line of a watched file."""

    line: int
    code: str

    def __str__(self) -> str:
        return f"line {self.line}, `{self.code}`"


class Stuck(Exception):
    """A deadlock: all strands wait, and none is left that could end a wait."""

    def __init__(self, waiting: list[tuple[str, str, Place | None]]) -> None:
        self.waiting = waiting  # who, for what, where
        super().__init__("; ".join(f"{name} waits for {what}" for name, what, _ in waiting))


def told_waits(waiting: list[tuple[str, str, Place | None]]) -> str:
    """Return who waits for what in a deadlock, as sentences."""
    exercise = [one for one in waiting if one[:2] != ("the check", "the talk to end")]
    # First those that others wait for: the circle, where there is one.
    exercise.sort(key=lambda one: not any(f"that {one[0]} holds" in what for _, what, _ in waiting))
    told = [
        f"{name} waits for {what}{f', at {place}' if place else ''}"
        for name, what, place in (exercise or waiting)[:3]
    ]
    return f"Deadlock: {'; '.join(told)}. No thread is left that could end the wait."


class Endless(Exception):
    """A strand that never terminates."""

    def __init__(self, who: str, place: Place | None) -> None:
        self.who, self.place = who, place
        super().__init__(f"{who} never terminates, at {place}")


class Crashed(Exception):
    """A strand ended with an exception."""

    def __init__(self, who: str, error: BaseException, place: Place | None) -> None:
        self.who, self.error, self.place = who, error, place
        super().__init__(f"{who}: {type(error).__name__}: {error}")


@dataclass(eq=False)
class Strand:
    """One thread of a schedule.

    Attributes:
        daemon: it may still wait when the schedule is over, as an owner of a room does.
        holds: the locks that it has.
        restless: it sleeps, or waits for a short time only, and may go on at any moment.
    """

    name: str
    function: Callable[[], object]
    daemon: bool = False
    ended: bool = False
    holds: list[object] = field(default_factory=list)
    waits_for: object = ""  # as text; a lock's says who holds it now, and not when the wait began
    ready: Callable[[], bool] | None = None  # None: it can go on at once
    deadline_s: float | None = None  # None: it waits for as long as it takes
    timed_out: bool = False
    restless: bool = False
    place: Place | None = None
    at: tuple[str, int] = ("", 0)  # the function and line of a watched file that it came to last
    thread: int = 0  # its identity
    baton: Any = field(default_factory=allocate_lock)


class Schedule:
    """Some strands, one seed.

    Args:
        seed: which turns are taken.
        watched: names of files before whose instructions the turn may be lost.

    Attributes:
        strands: all of them, the ended ones too.
        locks_taken: how often a lock was.
        now_s: the time, which passes only while all wait.
        meanwhile: when a strand crashed, where each other one was last: its name, the function,
            the line, and whether it had a lock.
    """

    def __init__(self, seed: int, watched: Collection[str]) -> None:
        self._random = random.Random(seed)
        self._rate = RATES[seed % len(RATES)]
        self._watched = frozenset(watched)
        self.strands: list[Strand] = []
        self._running: Strand | None = None
        self._over = allocate_lock()
        self._over.acquire()
        self._ending = False
        self._failure: Exception | None = None
        self._steps = 0
        self._steps_alone = 0
        self._lasting = 0  # strands that have not ended, daemons left out
        self.locks_taken = 0
        self.now_s = 0.0
        self.meanwhile: list[tuple[str, str, int, bool]] = []  # the others when one crashed

    def spawn(self, name: str, function: Callable[[], object], *, daemon: bool = False) -> Strand:
        """Add a strand; one that is added by another may run from here on."""
        strand = Strand(name, function, daemon)
        strand.baton.acquire()
        self.strands.append(strand)
        self._lasting += not daemon
        start_new_thread(self._live, (strand,))
        return strand

    def run(self) -> None:
        """Give out turns until all strands have ended, save daemons that wait.

        Raises:
            Stuck: a strand waits for what never comes.
            Endless: a strand never terminates.
            Crashed: a strand raised.
        """
        _current.append(self)
        # Else a strand may have to run the finalizer of something that belongs to another one.
        collects = gc.isenabled()
        gc.disable()
        try:
            self._pass_on()
            self._over.acquire()
        finally:
            _current.pop()
            if collects:
                gc.enable()
        if self._failure is not None:
            raise self._failure

    @property
    def strand(self) -> Strand | None:
        """The strand that runs."""
        return self._running

    def yield_turn(self) -> None:
        """Let another strand run, perhaps."""
        strand = self._running
        if strand is None or strand.thread != get_ident():
            return  # an ended strand's thread, which drops what it had
        if self._random.random() < self._rate:
            self._change_over(strand)

    def look_at_clock(self) -> float:
        """Return the time in seconds. To look takes a moment: some wait by looking on and on."""
        self.now_s += LOOK_S
        return self.now_s

    def wait(
        self, what: object, ready: Callable[[], bool], patience_s: float | None = None
    ) -> bool:
        """Wait until ``ready()``; False when that many seconds passed first."""
        strand = self._running
        assert strand is not None
        strand.waits_for, strand.ready = what, ready
        strand.deadline_s = None if patience_s is None else self.now_s + patience_s
        place = strand.place = self._place_of(sys._getframe(1))
        ended, ran_out = _timed_waits.get(place, (0, 0))
        is_a_sleep = not ended and ran_out >= SLEEP_AFTER
        strand.restless = patience_s is not None and (patience_s <= SHORT_S or is_a_sleep)
        self._change_over(strand)
        strand.ready = strand.deadline_s = None
        strand.waits_for, strand.restless = "", False
        timed_out, strand.timed_out = strand.timed_out, False
        if patience_s is not None and place is not None:
            _timed_waits[place] = ended + (not timed_out), ran_out + timed_out
        return not timed_out

    def sleep(self, seconds: float) -> None:
        """Let the others run, for as long as it happens to be."""
        strand = self._running
        assert strand is not None
        strand.waits_for, strand.ready = "its sleep to end", lambda: False
        strand.deadline_s, strand.restless = self.now_s + seconds, True
        strand.place = self._place_of(sys._getframe(1))
        self._change_over(strand)
        strand.ready = strand.deadline_s = None
        strand.waits_for, strand.restless, strand.timed_out = "", False, False

    def _live(self, strand: Strand) -> None:
        strand.baton.acquire()
        strand.thread = get_ident()
        sys.set_coroutine_origin_tracking_depth(1)  # each thread has its own
        if not self._ending:
            _settrace(self._on_call)
            try:
                strand.function()
            except _Ended:
                pass
            except BaseException as error:
                self._fail(Crashed(strand.name, error, self._place_in(error.__traceback__)))
            finally:
                _settrace(None)
        strand.ended = True
        self._lasting -= not strand.daemon
        self._pass_on()

    def _fail(self, failure: Exception) -> None:
        if self._failure is None:
            self._failure = failure
            self.meanwhile = [
                (other.name, *other.at, bool(other.holds))
                for other in self.strands
                if other is not self._running and other.at[0]
            ]
        self._ending = True

    def _change_over(self, strand: Strand) -> None:
        self._pass_on()
        strand.baton.acquire()
        if self._ending:
            raise _Ended

    def _pass_on(self) -> None:
        """Choose the next strand, and let it run; with none left, let `run` return."""
        alive = [strand for strand in self.strands if not strand.ended]
        ready = [strand for strand in alive if strand.ready is None or strand.ready()]
        restless = [
            strand
            for strand in alive
            if strand not in ready
            and strand.deadline_s is not None
            and (strand.restless or strand.deadline_s <= self.now_s)
        ]
        if self._ending:
            ready = alive  # each unwinds when it has the turn
        elif self._lasting and (ready or restless):
            ready += restless
        if not ready:
            ready = self._out_of_patience(alive)
        if not ready and alive:
            if not all(strand.daemon for strand in alive):
                waiting = [(s.name, str(s.waits_for), s.place) for s in alive if not s.daemon]
                waiting += [(s.name, str(s.waits_for), s.place) for s in alive if s.daemon]
                self._fail(Stuck(waiting))
            self._ending = True
            ready = alive
        if not ready:
            self._running = None
            self._over.release()
            return
        self._running = ready[0] if self._ending else self._random.choice(ready)
        if self._running in restless and self._running.deadline_s is not None:
            self.now_s = max(self.now_s, self._running.deadline_s)
            self._running.timed_out = True
        self._running.baton.release()

    def _out_of_patience(self, alive: list[Strand]) -> list[Strand]:
        """Let time pass until a time-out ends a wait; with daemons alone it does not pass."""
        impatient = [strand for strand in alive if strand.deadline_s is not None]
        if not impatient or all(strand.daemon for strand in alive):
            return []
        first = min(impatient, key=lambda strand: strand.deadline_s or 0.0)
        self.now_s = max(self.now_s, first.deadline_s or 0.0)
        first.timed_out = True
        return [first]

    def _on_call(self, frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in self._watched:
            return None
        frame.f_trace_opcodes = True
        return self._on_step

    def _on_step(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "opcode" and not self._ending:
            self._steps += 1
            if self._running is not None:
                self._running.at = frame.f_code.co_name, frame.f_lineno
            if not self._lasting:
                self._steps_alone += 1
                if self._steps_alone > MOST_STEPS_ALONE:
                    self._ending = True
                    raise _Ended
            if self._steps > MOST_STEPS:
                strand = self._running
                self._fail(Endless(strand.name if strand else "?", self._place_of(frame)))
                raise _Ended
            self.yield_turn()
        return self._on_step

    def _place_of(self, frame: FrameType | None) -> Place | None:
        """Return the innermost line of a watched file that a frame came from."""
        while frame is not None and frame.f_code.co_filename not in self._watched:
            frame = frame.f_back
        return _place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None

    def _place_in(self, traceback: TracebackType | None) -> Place | None:
        """Return the innermost line of a watched file."""
        place = None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename in self._watched:
                place = _place(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
            traceback = traceback.tb_next
        return place


_current: list[Schedule] = []
# By place, in all schedules: how many waits with a time-out something ended, and how many ran out.
_timed_waits: dict[Place | None, tuple[int, int]] = {}


def current() -> Schedule | None:
    """Return the schedule that runs, if one does."""
    return _current[-1] if _current else None


def place_of(frame: FrameType | None) -> Place | None:
    """Return the line of the exercise that a frame came from, if it did."""
    schedule = current()
    if schedule is not None:
        return schedule._place_of(frame)
    exercise = sys.modules.get("exercise")
    while frame is not None and frame.f_code.co_filename != getattr(exercise, "__file__", ""):
        frame = frame.f_back
    return _place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def _place(path: str, line: int) -> Place:
    return Place(line, linecache.getline(path, line).strip())
