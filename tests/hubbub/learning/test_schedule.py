"""Controlled schedules: planted bugs are found, good code is not blamed, a seed says it all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.learning.lessons import ROOT


# In a process of its own: what is installed there stays for good.
PLAY = """
import sys
from hubbub.learning import controlled
controlled.install()
source = open(sys.argv[1]).read()
exec(compile(source, sys.argv[1], "exec"), globals())
from hubbub.learning.schedule import Crashed, Endless, Schedule, Stuck
outcomes = []
for seed in range(int(sys.argv[2])):
    room = Room()
    schedule = Schedule(seed, [sys.argv[1]])
    for name in ("one", "two"):
        schedule.spawn(name, lambda name=name: room.act(name))
    try:
        schedule.run()
        outcomes.append(repr(room.result()))
    except (Crashed, Endless, Stuck) as error:
        outcomes.append(type(error).__name__)
print(*outcomes, sep="\\n")
"""


def outcomes(tmp_path: Path, source: str, seeds: int = 40) -> list[str]:
    """Play a class ``Room`` with two strands, once for each seed."""
    path = tmp_path / "played.py"
    path.write_text(source)
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(path), str(seeds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


LOST_UPDATE = """
class Room:
    def __init__(self): self.count = 0
    def act(self, name): self.count += 1
    def result(self): return self.count
"""
GUARDED = """
import threading
class Room:
    def __init__(self): self.count, self.lock = 0, threading.Lock()
    def act(self, name):
        with self.lock:
            self.count += 1
    def result(self): return self.count
"""
TWO_LOCKS = """
import threading
class Room:
    def __init__(self): self.a, self.b = threading.Lock(), threading.Lock()
    def act(self, name):
        first, second = (self.a, self.b) if name == "one" else (self.b, self.a)
        with first:
            with second:
                pass
    def result(self): return "fine"
"""
WALKED = """
class Room:
    def __init__(self): self.map = {1: 1, 2: 2}
    def act(self, name):
        if name == "one":
            self.map[3] = 3
        else:
            for key in self.map:
                pass
    def result(self): return "fine"
"""
QUEUED = """
import queue
class Room:
    def __init__(self): self.queue, self.got = queue.Queue(1), []
    def act(self, name):
        if name == "one":
            for number in range(3):
                self.queue.put(number)
        else:
            for _ in range(3):
                self.got.append(self.queue.get(timeout=5))
    def result(self): return "".join(map(str, self.got))
"""
ROUND_AND_ROUND = """
class Room:
    def act(self, name):
        while True:
            pass
"""
CONDITION = """
import threading, concurrent.futures
class Room:
    def __init__(self):
        self.event, self.future = threading.Event(), concurrent.futures.Future()
    def act(self, name):
        if name == "one":
            self.event.wait()
            self.future.set_result("through")
        else:
            self.event.set()
            self.said = self.future.result(timeout=9)
    def result(self): return self.said
"""


@pytest.mark.parametrize(
    ("source", "bug"),
    [(LOST_UPDATE, "1"), (TWO_LOCKS, "Stuck"), (WALKED, "Crashed")],
    ids=["lost update", "two locks", "walked while changed"],
)
def test_planted_bug_is_found_by_some_seed(tmp_path: Path, source: str, bug: str) -> None:
    """What goes wrong only when turns are unlucky goes wrong for some seeds, and not for all."""
    found = outcomes(tmp_path, source)

    assert bug in found
    assert set(found) != {bug}


@pytest.mark.parametrize(
    ("source", "right"),
    [(GUARDED, "2"), (QUEUED, "'012'"), (CONDITION, "'through'")],
    ids=["lock", "queue", "condition and future"],
)
def test_good_code_holds_for_every_seed(tmp_path: Path, source: str, right: str) -> None:
    """Locks, queues, events and futures do what Python's own do."""
    assert set(outcomes(tmp_path, source)) == {right}


def test_loop_without_end_is_found(tmp_path: Path) -> None:
    """A strand that never terminates is named."""
    assert set(outcomes(tmp_path, ROUND_AND_ROUND, 3)) == {"Endless"}


def test_seed_says_it_all(tmp_path: Path) -> None:
    """The same seeds give the same outcomes."""
    assert outcomes(tmp_path, LOST_UPDATE) == outcomes(tmp_path, LOST_UPDATE)


SLEEPS = """
import select, sys, threading, time
class Room:
    def __init__(self): self.count = 0
    def act(self, name):
        HOW
        self.count += 1
    def result(self): return self.count
"""


@pytest.mark.parametrize(
    "how",
    [
        "time.sleep(0.01)",
        "time.sleep(0.01 if name == 'one' else 5)",
        "threading.Event().wait(0.05)",
        "threading.Event().wait(1 if name == 'one' else 9)",
        "select.select([], [], [], 0.01 if name == 'one' else 5)",
        "end = time.monotonic() + 0.01\n        while time.monotonic() < end: pass",
        "end = time.perf_counter() + 0.01\n        while time.perf_counter() < end: pass",
    ],
)
def test_sleeping_is_not_synchronising(tmp_path: Path, how: str) -> None:
    """A strand that sleeps may go on at any moment, so an update is lost for some seed."""
    assert "1" in outcomes(tmp_path, SLEEPS.replace("HOW", how))


FINALIZER = """
import threading
class Room:
    def __init__(self):
        self.count, self.lock, self.itself = 0, threading.Lock(), self
    def act(self, name):
        with self.lock:
            self.count += 1
    def result(self): return self.count
    def __del__(self):
        with self.lock:
            raise RuntimeError("not closed")
"""


def test_finalizer_runs_in_no_strand_of_another_room(tmp_path: Path) -> None:
    """What is dropped late takes no turn from a strand: no schedule hangs, none crashes."""
    assert set(outcomes(tmp_path, FINALIZER, seeds=400)) == {"2"}


LOOP = """
import asyncio, threading
class Room:
    def __init__(self):
        self.count, self.loop, self.guard = 0, asyncio.new_event_loop(), threading.Lock()
        self.owner = None
    def act(self, name):
        with self.guard:
            if self.owner is None:
                self.owner = threading.Thread(target=self.loop.run_forever, daemon=True)
                self.owner.start()
        asyncio.run_coroutine_threadsafe(self.add(), self.loop).result()
    async def add(self): self.count += 1
    def result(self): return self.count
"""


def test_strand_may_be_a_loop(tmp_path: Path) -> None:
    """A loop that waits for its sockets lets the other strands run, and is woken by them."""
    assert set(outcomes(tmp_path, LOOP)) == {"2"}


POLLS = """
import _thread, time
class Room:
    def __init__(self):
        self.count, self.lock, self.over = 0, _thread.allocate_lock(), 0
        _thread.start_new_thread(self.watch, ())
    def watch(self):
        while True:
            time.sleep(0.01)
    def act(self, name):
        while not self.lock.acquire(False):
            time.sleep(0.001)
        self.count += 1
        self.lock.release()
    def result(self): return self.count
"""


def test_polling_ends_and_keeps_others_out(tmp_path: Path) -> None:
    """A poll that sleeps gets on, and a thread that watches for ever keeps no schedule open."""
    assert set(outcomes(tmp_path, POLLS)) == {"2"}
