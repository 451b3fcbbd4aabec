"""Plays a server with one seed, or with many seeds until the first that breaks a promise.

Invariants:
  1. The same server, seed and Python give the same run, step by step.
  2. A run leaves nothing behind: what an exhibit changed is put back.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import FrameType

from conformance.checker import History, Violation
from implementations.exhibits.catalogue import Exhibit
from implementations.registry import find
from implementations.servers import Server
from schedules.judgement import history_of, judge
from schedules.stage import Step


__all__ = ["MissingTool", "Run", "first_failure", "play"]

OLDEST_PYTHON = (3, 12)
TOOLS = {"threads": "interleave_test", "asyncio": "simloop"}


class MissingTool(Exception):
    """Something that a runtime's schedules need is missing; the message says what, in one line."""


@dataclass(frozen=True)
class Run:
    """What one seed led to.

    Attributes:
        server_id: the server or exhibit that was played.
        seed: the number that everything else was drawn from.
        steps: what happened, in order.
        history: what each client said and got.
        waits: where each thread or task waits that has not ended; empty if all have ended.
        violations: the promises that were broken; empty for a clean run.
    """

    server_id: str
    seed: int
    steps: tuple[Step, ...]
    history: History
    waits: tuple[str, ...]
    violations: tuple[Violation, ...]


def play(server_id: str, seed: int) -> Run:
    """Play the scene of a seed with the hub of a server, or of an exhibit.

    Raises:
        MissingTool: it needs a newer Python, or a package that is not installed.
        SettingsError: there is no such server.
    """
    subject = find(server_id)
    server = find(subject.base) if isinstance(subject, Exhibit) else subject
    assert isinstance(server, Server)
    _check_tool(server.runtime)
    package = import_module(f"implementations.on_{server.runtime}")
    theatre = import_module(f"schedules.under_{server.runtime}")
    with _interrupt_later(), _process_as_it_was(), subject.in_place():
        make_hub = getattr(package, f"{server.hub.capitalize()}Hub")
        stage = theatre.play(package, make_hub, seed)
        violations = judge(stage)
        steps, waits = tuple(stage.steps), tuple(stage.waits)
        run = Run(server_id, seed, steps, history_of(stage), waits, violations)
        del stage  # the rest of the run can be collected now
    return run


def first_failure(server_id: str, seeds: Iterable[int]) -> Run | None:
    """Play seeds until one breaks a promise; return that run, or None if none does."""
    for seed in seeds:
        run = play(server_id, seed)
        if run.violations:
            return run
    return None


@contextmanager
def _process_as_it_was() -> Iterator[None]:
    """Put back what an exhibit may have changed, and leave no garbage.

    The objects of a run refer to each other in circles. Only they are collected: simloop, too,
    looks for garbage after each run, and everything else in the process would take long to look at.
    """
    switch_interval_s = sys.getswitchinterval()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        sys.setswitchinterval(switch_interval_s)


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _interrupt_later() -> Iterator[None]:
    """Let a first interrupt wait until the run is over, which takes milliseconds.

    In the middle of a run it could end a single task or callback. It would look like a bug of the
    server, and never reach the person at the keyboard.
    """
    if not _in_main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTS}
    later = {number: handler for number, handler in handlers.items() if callable(handler)}
    came: list[int] = []

    def interrupted(number: int, frame: FrameType | None) -> None:
        if came:
            later[signal.Signals(number)](number, frame)
        came.append(number)

    for number in later:
        signal.signal(number, interrupted)
    try:
        yield
    finally:
        for number, handler in later.items():
            signal.signal(number, handler)
    if came:
        later[signal.Signals(came[0])](came[0], None)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _check_tool(runtime: str) -> None:
    tool = TOOLS.get(runtime)
    if tool is None:
        return
    if sys.version_info < OLDEST_PYTHON:
        this = ".".join(map(str, sys.version_info[:2]))
        raise MissingTool(
            f"hubbub replay needs Python 3.12 or newer for servers on {runtime}, and this is "
            f"Python {this}; servers on trio work with every Python"
        )
    if find_spec(tool) is None:
        raise MissingTool(
            f"hubbub replay needs {tool.replace('_', '-')} for servers on {runtime}: "
            "pip install 'hubbub[schedules]'"
        )
