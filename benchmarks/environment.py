"""Where and with what a measurement was made: a number without these is a rumour.

Names no user, no host and no folder.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


__all__ = ["Environment", "may_poll", "two_cores"]


@dataclass(frozen=True)
class Environment:
    """The machine, the versions and the day."""

    date: str  # UTC, ISO 8601
    commit: str | None  # with a "+" when files had been changed; None outside a checkout
    hubbub: str
    websockets: str
    python: str
    kernel: str
    cpu: str
    cores: int
    memory_bytes: int
    server_core: int | None  # None: not pinned
    generator_core: int | None
    generator: str  # "c" or "python": who made the load
    generator_polls: bool = False  # it never sleeps while a run goes on

    @classmethod
    def here(cls, cores: tuple[int, int] | None, generator: str) -> Environment:
        """Describe this machine; ``cores`` are those of the server and of the generator."""
        server_core, generator_core = cores or (None, None)
        return cls(
            date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            commit=_commit(),
            hubbub=version("hubbub"),
            websockets=version("websockets"),
            python=f"{platform.python_implementation()} {platform.python_version()}",
            kernel=f"{platform.system()} {platform.release()}",
            cpu=_cpu(),
            cores=os.cpu_count() or 1,
            memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            server_core=server_core,
            generator_core=generator_core,
            generator=generator,
            generator_polls=may_poll(cores),
        )


def two_cores() -> tuple[int, int] | None:
    """Return a core for the server and one for the generator, None where that cannot be had.

    Two threads of one physical core would slow each other down, so another core comes first.
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
    """Return whether a generator that never sleeps takes nothing from the server.

    It would take half of a physical core of which the server has the other thread.
    """
    if cores is None:
        return False
    server, generator = cores
    siblings = _siblings(generator)
    return generator in siblings and server not in siblings


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        spans = path.read_text().strip().split(",")
    except OSError:
        return set()
    ends = [span.split("-") for span in spans]
    return {core for span in ends for core in range(int(span[0]), int(span[-1]) + 1)}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _commit() -> str | None:
    here = Path(__file__).resolve().parent
    git = ["git", "-C", str(here)]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "HEAD", "--show-prefix"], capture_output=True, text=True
        )
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True
        )
    except OSError:
        return None  # no git here
    commit, _, prefix = head.stdout.strip().partition("\n")
    if head.returncode or prefix != f"{here.name}/":
        return None  # no clone of ours: an installed hubbub may lie in a repository of its user
    return commit + ("+" if changed.stdout.strip() else "")
