"""The Pythons of this machine that a server can run on: found, given an environment, described.

A Python is called by its minor version: ``3.13``. A build without the global interpreter lock (GIL)
has a ``t`` behind it, as its program has: ``3.13t``. The load generator always runs on the same
Python, the one that runs this.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scenarios import PYTHONS
from benchmarks.toolchains import Unavailable
from conformance.python import ROOT


__all__ = ["DEFAULT", "Interpreter", "Place", "installed", "prepare", "python_of"]

_ENVIRONMENT = ROOT / "tools" / "environment.py"  # not in an installed package
_ASK_S = 30
_INSTALL_S = 600
_WHO = (
    "import json, platform, sys, sysconfig; print(json.dumps(["
    "'%d.%d' % sys.version_info[:2] + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')), "
    "list(sys.version_info[:3]), sys.version_info.releaselevel == 'final', "
    "platform.python_implementation(), getattr(sys, '_base_executable', None) or sys.executable]))"
)
# Importing an extension module that does not know free threading turns the lock on again. So the
# question is asked when everything that a server needs is imported.
_GIL = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from implementations.servers import SERVERS; "
    "[server.load() for server in SERVERS]; "
    "print(getattr(sys, '_is_gil_enabled', lambda: True)())"
)

DEFAULT = f"{sys.version_info[0]}.{sys.version_info[1]}" + "t" * bool(
    sysconfig.get_config_var("Py_GIL_DISABLED")
)
"""The name of the Python that runs this."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that servers were measured on.

    Attributes:
        version: implementation and version, such as ``CPython 3.13.0``.
        free_threaded: whether it was built so that it can run without the GIL.
        gil: whether the GIL is on when all modules of the servers are imported.
    """

    version: str
    free_threaded: bool
    gil: bool


@dataclass(frozen=True)
class Place:
    """Where a Python is, and its version."""

    path: str
    version: str


def installed(environ: Mapping[str, str] = os.environ) -> dict[str, Place]:
    """Return the Pythons here that the project supports, by name; the default one comes first.

    It looks for python3.14, python3.14t and so on along PATH, and among the versions of pyenv. Of
    each name the newest finished release counts.
    """
    here = f"{platform.python_implementation()} {platform.python_version()}"
    found = {DEFAULT: ((9, 9, 9), Place(sys.executable, here))} if DEFAULT in PYTHONS else {}
    for candidate in _candidates(environ):
        try:
            said = subprocess.run(
                [candidate, "-c", _WHO], capture_output=True, text=True, timeout=_ASK_S, check=True
            )
            name, version, finished, kind, path = json.loads(said.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            continue  # a version manager's shim, for one, of a version that is not chosen
        if not finished or name not in PYTHONS:
            continue
        if name not in found or found[name][0] < tuple(version):
            place = Place(str(path), f"{kind} {'.'.join(map(str, version))}")
            found[name] = tuple(version), place
    order = sorted(found, key=lambda name: (name != DEFAULT, PYTHONS.index(name)))
    return {name: found[name][1] for name in order}


def prepare(
    on_line: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, Interpreter], dict[str, str]]:
    """Give each installed Python an environment with the servers in it.

    Returns what each Python is, the default one first; and why the others are skipped, in a
    sentence by name. The first time, an environment takes 10 seconds.
    """
    ready: dict[str, Interpreter] = {}
    places = installed()
    skipped = _missing(places)
    for name, place in places.items():
        try:
            if name != DEFAULT:
                _make_environment(name, place)
            ready[name] = Interpreter(place.version, name.endswith("t"), _gil(python_of(name)))
        except Unavailable as error:
            skipped[f"Python {name}"] = str(error)
    for name, reason in skipped.items():
        on_line(f"skipped {name}: {reason}")
    return ready, skipped


def python_of(name: str) -> str:
    """Return the program that runs our servers on a Python that `prepare` has made ready.

    Raises:
        Unavailable: it was not made ready.
    """
    if name in ("", DEFAULT):
        return sys.executable
    python = _folder(name) / "bin" / "python"
    if not python.exists():
        raise Unavailable(f"Python {name} has no environment in {_folder(name).name}")
    return str(python)


def _folder(name: str) -> Path:
    return ROOT / f".venv-{name}"


def _missing(places: Mapping[str, Place]) -> dict[str, str]:
    """Say in a sentence each which Pythons are not here; one sentence for all without the GIL."""
    where = "on PATH or among the versions of pyenv"
    missing = {
        f"Python {name}": f"there is no python{name} {where}"
        for name in PYTHONS
        if name not in places and not name.endswith("t")
    }
    free = [name for name in PYTHONS if name.endswith("t")]
    if not any(name in places for name in free):
        programs = " and no ".join(f"python{name}" for name in free)
        missing["free-threaded Python"] = f"there is no {programs} {where}"
    return missing


def _make_environment(name: str, place: Place) -> None:
    """Install the servers for a Python, as ``make newest`` does.

    Raises:
        Unavailable: this is no clone, or the packages cannot be installed.
    """
    if not _ENVIRONMENT.exists():
        raise Unavailable("servers on another Python need a clone of the project")
    command = [place.path, str(_ENVIRONMENT), str(_folder(name))]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_INSTALL_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"its environment cannot be made: {error}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise Unavailable(f"its environment cannot be made: {words[-1]}")


def _gil(python: str) -> bool:
    """Ask a Python whether its GIL is on once the modules of the servers are imported.

    Raises:
        Unavailable: it cannot import them.
    """
    command = [python, "-P", "-c", _GIL, str(ROOT)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"it does not run: {error}") from error
    if said.returncode:
        words = said.stderr.strip().splitlines() or ["no reason given"]
        raise Unavailable(f"it cannot run the servers: {words[-1]}")
    return said.stdout.strip() == "True"


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    for name in PYTHONS:
        if path := shutil.which(f"python{name}", path=environ.get("PATH", "")):
            yield path
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/"), ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/3.1*/bin/python")))
