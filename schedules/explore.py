"""A server and a seed in, a run out; and many seeds until the first that breaks a promise.

Invariants:
  1. The same server, seed and Python give the same run, step by step.
  2. A run leaves nothing behind: what an exhibit changed is put back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from implementations.exhibits.catalogue import Exhibit
from implementations.registry import Server, find
from schedules.judgement import history_of, judge
from schedules.stage import Step
from tests.conformance.history import History, Violation


__all__ = ["MissingTool", "Run", "first_failure", "play"]

OLDEST_PYTHON = (3, 12)
TOOLS = {"threads": "interleave_test", "asyncio": "simloop"}


class MissingTool(Exception):
    """What a runtime's schedules need is not there; the message says what, in one line."""


@dataclass(frozen=True)
class Run:
    """What one seed led to.

    Attributes:
        waits: where each one waits that has not ended; empty when all have.
        violations: what it broke; empty for a clean run.
    """

    server_id: str
    seed: int
    steps: tuple[Step, ...]
    history: History
    waits: tuple[str, ...]
    violations: tuple[Violation, ...]


def play(server_id: str, seed: int) -> Run:
    """Play the scene of a seed with a server's hub, or an exhibit's.

    Raises:
        MissingTool: it needs a newer Python, or a package that is not installed.
        SettingsError: there is no such server.
    """
    subject = find(server_id)
    server = find(subject.base) if isinstance(subject, Exhibit) else subject
    assert isinstance(server, Server)
    _check_tool(server.runtime)
    switch_interval_s = sys.getswitchinterval()
    try:
        with subject.in_place():
            package = import_module(f"implementations.on_{server.runtime}")
            make_hub = getattr(package, f"{server.hub.capitalize()}Hub")
            theatre = import_module(f"schedules.under_{server.runtime}")
            stage = theatre.play(package, make_hub, seed)
            violations = judge(stage)
    finally:
        sys.setswitchinterval(switch_interval_s)
    return Run(
        server_id,
        seed,
        tuple(stage.steps),
        history_of(stage),
        tuple(stage.waits),
        violations,
    )


def first_failure(server_id: str, seeds: Iterable[int]) -> Run | None:
    """Play seeds until one breaks a promise; return that run, or None when all are clean."""
    for seed in seeds:
        run = play(server_id, seed)
        if run.violations:
            return run
    return None


def _check_tool(runtime: str) -> None:
    tool = TOOLS.get(runtime)
    if tool is None:
        return
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise ModuleNotFoundError
        import_module(tool)
    except ModuleNotFoundError:
        raise MissingTool(
            f"schedules of the {runtime} servers need Python 3.12 or newer "
            "with pip install 'hubbub[schedules]'"
        ) from None
