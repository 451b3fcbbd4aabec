"""A home for the fuzzing client: which Python 2.7 is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.autobahn.wstest import CannotRun, find_python27


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_python27_on_the_path_is_found(tmp_path: Path) -> None:
    """A program called python2.7 that says it is one is taken."""
    found = _program(tmp_path / "python2.7", "printf 2.7")

    assert find_python27({"PATH": str(tmp_path), "HOME": str(tmp_path)}) == str(found)


def test_shim_of_a_missing_version_is_passed_over(tmp_path: Path) -> None:
    """A shim that starts nothing is no Python; the one in pyenv's own folder is."""
    _program(tmp_path / "shims" / "python2.7", "exit 127")
    found = _program(tmp_path / ".pyenv/versions/2.7.18/bin/python2.7", "printf 2.7")

    assert find_python27({"PATH": f"{tmp_path}/shims", "HOME": str(tmp_path)}) == str(found)


def test_another_version_is_none(tmp_path: Path) -> None:
    """A python2 that is older does not count."""
    _program(tmp_path / "python2", "printf 2.6")

    with pytest.raises(CannotRun, match=r"no Python 2\.7 here"):
        find_python27({"PATH": str(tmp_path), "HOME": str(tmp_path)})
