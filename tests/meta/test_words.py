"""Words that no file of the project holds: they are true on one machine only."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.meta.folders import ROOT


# In halves, so that this file holds none of them itself.
FORBIDDEN = [
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/ho" + "me/",
    "/Us" + "ers/",
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "proxy." + "golang.org",
    "crates" + ".io",
]


def project_files() -> list[Path]:
    """Return every file that is in the project, committed or about to be."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a git checkout: nobody knows what belongs to the project")
    paths = [ROOT / name for name in listing.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("word", FORBIDDEN)
def test_word_is_in_no_file(word: str) -> None:
    """No file, whatever its kind, holds a path of somebody's machine or a package index's name."""
    needle = word.encode()

    found = [path for path in project_files() if needle in path.read_bytes()]

    assert [str(path.relative_to(ROOT)) for path in found] == []
