"""Which processor core the server runs on, and which one the load generator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


__all__ = ["may_poll", "pinned", "two_cores"]


def two_cores() -> tuple[int, int] | None:
    """Return a core for the server and a core for the generator; None if there are no two.

    Two threads of one physical core slow each other down, so another physical core comes first.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None
    generator, *others = allowed
    siblings = _siblings(generator)
    return next((core for core in others if core not in siblings), others[0]), generator


def may_poll(cores: tuple[int, int] | None) -> bool:
    """Return whether a generator may poll, and never sleep, without slowing the server down.

    It may not if the server has the other thread of the same physical core: polling would take
    half of that core.
    """
    if cores is None:
        return False
    server, generator = cores
    siblings = _siblings(generator)
    return generator in siblings and server not in siblings


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Start children on ``core``: a child inherits the cores of the thread that starts it."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _siblings(core: int) -> set[int]:
    """Return the threads of the physical core that ``core`` is a thread of; none if unknown."""
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        spans = path.read_text().strip().split(",")
    except OSError:
        return set()
    ends = [span.split("-") for span in spans]
    return {core for span in ends for core in range(int(span[0]), int(span[-1]) + 1)}
