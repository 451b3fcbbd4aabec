"""``make``: its help, and what it says of a Python that will not do."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.meta.folders import ROOT


pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_fits_a_terminal() -> None:
    """No line of the help is longer than 80 columns."""
    lines = _make("help").stdout.splitlines()

    assert len(lines) > 20
    assert [line for line in lines if len(line) > 80] == []


def test_help_names_every_command() -> None:
    """Each command is in the help, but those that only other commands need."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))

    told = set(re.findall(r"^  make ([a-z]+)", _make("help").stdout, re.MULTILINE))

    assert commands - told == {"help", "to-use", "to-develop", "to-teach", "on-newest"}


@pytest.mark.parametrize("target", ["setup", "compare", "test", "autobahn"])
def test_python_that_will_not_do_is_one_line(target: str) -> None:
    """An interpreter that is missing or too old is refused, with the command that helps."""
    ended = _make(target, "PYTHON=/no/such/python")

    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[0] == (
        "hubbub needs Python 3.11 or newer. This is not: /no/such/python. "
        f"Try: make PYTHON=/path/to/python3 {target}"
    )
