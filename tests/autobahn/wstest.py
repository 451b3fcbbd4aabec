"""The fuzzing client, ``wstest``: it is written for Python 2.7, so it needs a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


__all__ = ["SUITE", "CannotRun", "find_python27", "install"]

SUITE = "autobahntestsuite==25.10.1"
VIRTUALENV = "virtualenv==20.21.1"  # the last series that can make an environment of Python 2.7
STEP_WITHIN_S = 300.0  # it builds a C extension

_VERSION = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"


class CannotRun(Exception):
    """There is no fuzzing client here; the message says why, in one line."""


def find_python27(environ: Mapping[str, str]) -> str:
    """Return a Python 2.7 that starts.

    Raises:
        CannotRun: there is none.
    """
    for candidate in _candidates(environ):
        try:  # by what it says: a version manager's shim is there for versions that are not
            said = subprocess.run(
                [candidate, "-c", _VERSION], capture_output=True, timeout=STEP_WITHIN_S, check=False
            )
        except OSError:
            continue
        if said.stdout == b"2.7":
            return candidate
    raise CannotRun("no Python 2.7 here (looked for python2.7 and python2 on PATH, and in pyenv)")


def install(python27: str, home: Path) -> list[str]:
    """Return the command of the fuzzing client, installed into ``home`` the first time.

    Raises:
        CannotRun: the package index or the compiler is out of reach.
    """
    tool, client, ready = home / "virtualenv", home / "python2.7", home / "ready"
    command = [str(client / "bin" / "python"), str(client / "bin" / "wstest")]
    if ready.is_file() and ready.read_text() == SUITE:
        return command
    shutil.rmtree(home, ignore_errors=True)
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _step([sys.executable, *pip, "--target", str(tool), VIRTUALENV])
    _step(
        [sys.executable, "-m", "virtualenv", "--quiet", "--python", python27, str(client)],
        PYTHONPATH=str(tool),
        VIRTUALENV_OVERRIDE_APP_DATA=str(home / "seeds"),
    )
    _step([command[0], *pip, SUITE])
    ready.write_text(SUITE)
    return command


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    for name in ("python2.7", "python2"):
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found:
            yield found
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/"), ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/2.7*/bin/python2.7")))


def _step(command: Sequence[str], **environ: str) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=STEP_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"cannot install {SUITE}: {error}") from error
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise CannotRun(f"cannot install {SUITE}: {errors[-1].strip()}")
