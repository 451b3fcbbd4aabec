"""The load generator as a child process: which program runs, and how it is stepped through.

The generator stops after each of its phases, prints one word, and waits for a line. So the server
can be looked at while nothing is going on.
"""

from __future__ import annotations

import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from benchmarks.cores import pinned
from benchmarks.toolchains import Unavailable, compile_c
from conformance.guard import guard, release
from conformance.python import module_command


__all__ = ["GeneratorProcess", "LoadError", "generator_command", "raise_file_limit"]

_SPARE_FILES = 64
_SOURCE = Path(__file__).with_name("generator.c")


class LoadError(Exception):
    """The run could not be finished; the text is one line for a person."""


def generator_command(
    kind: str = "", source: Path = _SOURCE, module: str = "benchmarks.generator"
) -> tuple[str, list[str]]:
    """Return which generator runs, ``c`` or ``python``, and the command that starts it.

    ``kind`` demands one of the two. If it is empty, ``HUBBUB_GENERATOR`` decides; if that is
    empty too, the C program runs wherever it can be built.

    Args:
        source: the program in C.
        module: the same program in Python.

    Raises:
        LoadError: the generator that was demanded cannot run here.
    """
    kind = kind or os.environ.get("HUBBUB_GENERATOR", "")
    if kind not in ("", "c", "python"):
        raise LoadError(f"HUBBUB_GENERATOR must be c or python, not {kind!r}")
    if kind != "python" and (sys.platform == "linux" or kind == "c"):
        try:
            return "c", [str(compile_c(source))]
        except Unavailable as error:
            if kind == "c":
                raise LoadError(str(error)) from error
    return "python", module_command(module)


def raise_file_limit(clients: int) -> None:
    """Let this process and its children hold ``clients`` connections and a few files more.

    Raises:
        LoadError: the system's hard limit is lower.
    """
    needed = clients + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise LoadError(f"{clients} clients need {needed} open files, and the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class GeneratorProcess:
    """A running generator. As a context manager it ends the process when the body is left."""

    def __init__(self, command: Sequence[str], core: int | None) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        with pinned(core):
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                process_group=0,
            )
        self.pid = self._child.pid
        guard(self.pid)
        self._heard = b""

    def __enter__(self) -> GeneratorProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()
        release(self.pid)
        self._errors.close()

    @property
    def pipes(self) -> tuple[int, int]:
        """The descriptors of the pipes to its standard input and from its standard output."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        return self._child.stdin.fileno(), self._child.stdout.fileno()

    def go_on(self) -> None:
        """Let the generator begin its next phase."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, and the next `wait_for` says why

    def wait_for(self, word: str, within_s: float) -> list[str]:
        """Wait for the line that begins with ``word``, and return its words.

        Raises:
            LoadError: the generator ended, hangs, or said another word.
        """
        assert self._child.stdout is not None
        deadline_s = time.monotonic() + within_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, deadline_s - time.monotonic())):
                    raise LoadError(f"the load generator hangs: no {word!r} after {within_s:g} s")
                octets = os.read(self._child.stdout.fileno(), 4096)
                if not octets:
                    raise LoadError(self.last_words())
                self._heard += octets
        line, _, self._heard = self._heard.partition(b"\n")
        words = line.decode().split()
        if words[:1] != [word]:
            raise LoadError(f"the load generator said {line.decode()!r}, expected {word!r}")
        return words

    def last_words(self) -> str:
        """Return why the process has ended, in one line; wait until it has."""
        self._child.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        if not lines:
            return f"the load generator ended with exit code {self._child.returncode}"
        return lines[-1].removeprefix("generator: ")
