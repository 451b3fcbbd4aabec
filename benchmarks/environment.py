"""Where and with what a measurement was made: without it, a number cannot be compared.

The record names no user, no host and no folder.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.cores import may_poll
from conformance.protocol import protocol_version


__all__ = ["Environment"]


@dataclass(frozen=True)
class Environment:
    """The machine, the versions and the day."""

    date: str  # UTC, ISO 8601
    commit: str | None  # with a "+" if tracked files had been changed; None outside a checkout
    hubbub: str
    websockets: str
    python: str
    kernel: str
    cpu: str
    cores: int
    memory_bytes: int
    server_core: int | None  # None: not pinned
    generator_core: int | None
    generator: str  # "c" or "python": which program made the load
    generator_polls: bool = False  # it never sleeps during a run
    protocol: str = ""  # the version of PROTOCOL.md; "" in results of before it had one

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
            protocol=protocol_version(),
        )


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
