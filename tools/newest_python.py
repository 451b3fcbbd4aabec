"""Prints the path of the newest Python here that the project supports, if it is newer than 3.11.

It looks for python3.14, python3.13 and so on along PATH, and among the versions of pyenv.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path


__all__ = ["newest"]

OLDEST, NEWEST = (3, 11), (3, 14)  # as in pyproject.toml; for a newer one packages may be missing

_WHICH = (
    "import json, sys, sysconfig; v = sys.version_info; print(json.dumps(["
    "v[:3], v.releaselevel == 'final' and not sysconfig.get_config_var('Py_GIL_DISABLED'), "
    "getattr(sys, '_base_executable', sys.executable)]))"
)


def newest(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the newest Python here that the project supports and that is newer than 3.11.

    Only finished releases count, with the usual interpreter lock: packages may be missing for
    others.
    """
    found = {}
    for candidate in _candidates(environ):
        try:
            said = subprocess.run(
                [candidate, "-c", _WHICH], capture_output=True, text=True, timeout=30, check=True
            )
            version, good, path = json.loads(said.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            continue  # a version manager's shim, for one, of a version that is not chosen
        if good and OLDEST < tuple(version[:2]) <= NEWEST:
            found[tuple(version)] = str(path)
    return found[max(found)] if found else None


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1], -1)]
    for name in [*names, "python3", "python"]:
        if path := shutil.which(name, path=environ.get("PATH", "")):
            yield path
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/"), ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/3.1*/bin/python")))


if __name__ == "__main__":
    print(newest() or "")
