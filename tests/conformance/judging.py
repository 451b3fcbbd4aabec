"""Runs a few rule tests, written on the spot, against ``wrong_chat.py``."""

import json
import os
import subprocess
import sys
from pathlib import Path

from conformance.results import Run, runs_of


__all__ = ["COMMAND", "CUT_OFF_TEST", "TEXT_TEST", "judge", "pytest_run"]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = f"{sys.executable} {Path(__file__).with_name('wrong_chat.py')} {{tcp}}"

TEXT_TEST = '''
@rule("commands.text")
def test_text(clients):
    """Text goes to everyone."""
    anna, ben = clients("anna", "ben")

    ben.say("hi")

    anna.expect("ben: hi")
'''

CUT_OFF_TEST = """
@rule("slow.cut-off")
def test_cut_off(clients):
    assert 1 > 2
"""

_CONFTEST = "from conformance.fixtures import *\n"  # as README.md of the suite says
_HEAD = "from conformance import *\n\n"


def judge(folder: Path, source: str, *options: str, fault: str = "") -> list[Run]:
    """Write a test file, run it with the suite's plugin, and return what was recorded."""
    verdicts = folder / "verdicts"
    pytest_run(folder, source, *options, f"--verdicts={verdicts}", fault=fault)
    lines = verdicts.read_text().splitlines()
    return list(runs_of(json.loads(line) for line in lines if not line.startswith('{"planned"')))


def pytest_run(
    folder: Path, source: str, *options: str, fault: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Write a test file and run it with the suite's plugin.

    Args:
        fault: what the server does wrong; see ``wrong_chat.py``.
    """
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    (folder / "test_it.py").write_text(_HEAD + source, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "pytest", str(folder), "-c", os.devnull]
    command += [f"--rootdir={folder}", "-p", "no:cacheprovider"]
    command += ["-p", "hubbub", "-p", "conformance.plugin"]  # as README.md of the suite says
    command += [f"--command={COMMAND} {fault}", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)
