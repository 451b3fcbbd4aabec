"""The newest Python of a machine: which of several is taken."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.meta.folders import ROOT
from tools.newest_python import NEWEST, OLDEST, newest


def _python(path: Path, version: tuple[int, int, int], *, good: bool = True) -> str:
    """Make a program that answers as a Python of that version would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{json.dumps([version, good, str(path)])}'\n")
    path.chmod(0o755)
    return str(path)


def _found(tmp_path: Path) -> str | None:
    return newest({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})


def test_newest_of_all_is_taken(tmp_path: Path) -> None:
    """The version counts, not the order of the places; 3.9 is older than 3.12."""
    _python(tmp_path / "bin" / "python3.12", (3, 12, 9))
    newer = _python(tmp_path / ".pyenv/versions/3.13.2/bin/python", (3, 13, 2))
    _python(tmp_path / ".pyenv/versions/3.13.1/bin/python", (3, 13, 1))

    assert _found(tmp_path) == newer


def test_unsupported_pythons_are_passed_over(tmp_path: Path) -> None:
    """Python 3.11, what is newer than the project supports, and unfinished ones do not count."""
    _python(tmp_path / "bin" / "python3", (3, 11, 9))
    _python(tmp_path / ".pyenv/versions/3.15.0/bin/python", (3, 15, 0))
    _python(tmp_path / "bin" / "python3.14", (3, 14, 0), good=False)

    assert _found(tmp_path) is None


def test_shim_of_a_missing_version_is_passed_over(tmp_path: Path) -> None:
    """A program that starts no Python is none."""
    shim = tmp_path / "bin" / "python3.14"
    _python(shim, (3, 14, 0))
    shim.write_text("#!/bin/sh\nexit 127\n")
    found = _python(tmp_path / "bin" / "python3.12", (3, 12, 1))

    assert _found(tmp_path) == found


def test_real_python_is_understood(tmp_path: Path) -> None:
    """What a real interpreter says of itself can be read."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)

    found = _found(tmp_path)

    assert (found is not None) is (sys.version_info >= (3, 12))


def test_supported_pythons_are_those_that_ci_runs() -> None:
    """The workflow runs on each Python from the oldest to the newest that is supported."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    [listed] = re.findall(r"python: \[(.*)\]", workflow)

    supported = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    assert re.findall(r"[\d.]+", listed) == supported
    assert f'requires-python = ">={supported[0]}"' in (ROOT / "pyproject.toml").read_text()
