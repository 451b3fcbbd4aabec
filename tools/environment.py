"""Makes the virtual environments that the Makefile's commands run in.

    python tools/environment.py FOLDER [EXTRA,...]

Afterwards FOLDER is an environment of the Python that runs this script, with these extras. When
it is so already, nothing happens, which takes 0.05 s. An environment of another Python is
replaced; one with older pins is brought up to date. ``uv`` installs where it is there, and pip
where it is not.

This uses the standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


__all__ = ["Built", "CannotBuild", "main", "make_ready", "read_stamp"]

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("hubbub", "benchmarks", "conformance", "implementations", "schedules")
STAMP = ".hubbub.json"  # in the environment's folder: what it was built from
SHOWN_LINES = 15  # of what the installer said, when it fails


class CannotBuild(Exception):
    """The environment could not be made; the message is for people."""


@dataclass(frozen=True)
class Built:
    """What an environment was built from.

    Attributes:
        place: where it is; an environment that was moved does not work.
        python: path and version of the interpreter.
        project: a digest of pyproject.toml and constraints.txt.
        extras: those of pyproject.toml that it has.
    """

    place: str
    python: str
    project: str
    extras: tuple[str, ...]


def make_ready(folder: Path, extras: Iterable[str]) -> None:
    """See that the environment in ``folder`` is for this Python and has these extras.

    Extras that it has already stay.

    Raises:
        CannotBuild: a step failed.
    """
    with _alone():
        built = read_stamp(folder)
        place, python = str(folder.absolute()), this_python()
        fits = built is not None and (built.place, built.python) == (place, python)
        kept = built.extras if built is not None and fits else ()
        wanted = Built(place, python, project_digest(), tuple(sorted({*kept, *extras})))
        if built == wanted:
            return
        began = time.monotonic()
        steps = Steps(folder, sys.version.split()[0])
        (folder / STAMP).unlink(missing_ok=True)
        if not kept:
            create(folder, steps)
        install(folder, wanted.extras, steps)
        (folder / STAMP).write_text(json.dumps(asdict(wanted)), encoding="utf-8")
        steps.line(
            f"Done in {time.monotonic() - began:.0f} s; {folder} takes {megabytes(folder)} MB."
        )


def read_stamp(folder: Path) -> Built | None:
    """Return what the environment was built from; None if it is not whole."""
    if not (folder / "bin" / "python").exists():
        return None
    try:
        kept = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return Built(**{**kept, "extras": tuple(kept["extras"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def this_python() -> str:
    """Return which Python runs this: its real path, beneath any environment, and its version."""
    return f"{os.path.realpath(base_python())} {sys.version}"


def base_python() -> str:
    """Return the interpreter that this one's environment was made from, or this one itself."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def project_digest() -> str:
    """Return a digest of everything that decides what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    decisive = [project["project"], project["build-system"], project["tool"].get("hatch")]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256((json.dumps(decisive) + pins).encode()).hexdigest()


class Steps:
    """Shows how far a build is: a line per step, and on a terminal a count that moves."""

    def __init__(self, folder: Path, version: str) -> None:
        self._number = 0
        self._began = time.monotonic()
        self._text = ""
        self._moves = sys.stdout.isatty()
        self.line(f"Setting up {folder} with Python {version}, once ...")

    def line(self, text: str) -> None:
        """Print a whole line."""
        print(text, flush=True)

    def step(self, text: str) -> None:
        """Begin a step, which `done` ends."""
        self._number += 1
        self._began = time.monotonic()
        self._text = f"  {self._number}. {text} ..."
        print(self._text, end="", flush=True)

    def move(self, text: str) -> None:
        """Show how far the step is, on a terminal."""
        if self._moves:
            print(f"\r{self._text} {text:30.30}", end="", flush=True)

    def done(self, text: str = "") -> None:
        """End the step; ``text`` is what it did."""
        took = f"{text}{time.monotonic() - self._began:.0f} s"
        print(f"\r{self._text} {took:30}" if self._moves else f" {took}", flush=True)


def create(folder: Path, steps: Steps) -> None:
    """Make an empty environment with pip in it, in the place of any older one.

    Raises:
        CannotBuild: this Python cannot.
    """
    steps.step("make the environment")
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    if (
        uv is None
        or _run([uv, "venv", "--seed", "--python", base_python(), str(folder)]) is not None
    ):
        words = _run([base_python(), "-m", "venv", "--clear", str(folder)])
        if words is not None:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotBuild(f"cannot make {folder}:\n{words}")
    steps.done()


def install(folder: Path, extras: Iterable[str], steps: Steps) -> None:
    """Install the project, editable, with these extras in their pinned versions; compile it.

    Raises:
        CannotBuild: the installer failed.
    """
    python = str(folder / "bin" / "python")
    _install_packages(python, extras, steps)
    # Python compiles a module when it first imports it, except where PYTHONDONTWRITEBYTECODE is
    # set: there, without these files, each start of a server would compile all its modules anew.
    _run([python, "-m", "compileall", "-q", *PACKAGES])


def _install_packages(python: str, extras: Iterable[str], steps: Steps) -> None:
    named = ",".join(extras)
    what = ["--editable", f".[{named}]" if named else ".", "--constraint", "constraints.txt"]
    if uv := shutil.which("uv"):
        steps.step("download and install packages with uv")
        words = _run([uv, "pip", "install", "--compile-bytecode", "--python", python, *what])
        steps.done()
        if words is None:
            return
        steps.line("     uv failed; pip tries next")  # it may know another package index
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    words = _follow_pip([*pip, "--progress-bar", "off", *what], steps)
    if words is not None:
        raise CannotBuild(f"cannot install the packages:\n{words}")


def megabytes(folder: Path) -> int:
    """Return how much the files in a folder take."""
    files = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
    return round(sum(file.lstat().st_size for file in files) / 1e6)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one of these scripts work at a time: make -j may start several."""
    path = ROOT / ".cache" / "environment.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str]) -> str | None:
    """Run a command; return None, or the end of what it said if it failed."""
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return _end_of(done.stdout.splitlines()) if done.returncode else None


def _follow_pip(command: Sequence[str], steps: Steps) -> str | None:
    """Run pip as `_run` does, and show how far it is."""
    looked_at = 0
    said: list[str] = []
    steps.step("find and download packages")
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line.rstrip())
            if found := re.match(r"(?:Collecting|Processing) (?:\S*/)?(\w[\w.]*)", line):
                looked_at += 1
                steps.move(f"{looked_at}: {found[1]}")
            elif found := re.match(r"Installing collected packages: (.*)", line):
                steps.done()
                steps.step(f"install {len(found[1].split(','))} packages")
    steps.done()
    return _end_of(said) if pip.returncode else None


def _end_of(lines: Sequence[str]) -> str:
    return "\n".join([line for line in lines if not line.startswith("WARNING")][-SHOWN_LINES:])


def main(arguments: Sequence[str]) -> int:
    """Make the environment ready and return the exit code."""
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    folder, *extras = arguments
    try:
        make_ready(Path(folder), extras[0].split(",") if extras else [])
    except CannotBuild as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
