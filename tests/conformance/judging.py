"""Runs the suite, or a few tests written on the spot, against ``wrong_chat.py``."""

import json
import os
import subprocess
import sys
from pathlib import Path

from conformance.results import Run, runs_of


__all__ = ["COMMAND", "judge", "pytest_run"]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = f"{sys.executable} {Path(__file__).with_name('wrong_chat.py')} {{tcp}}"

_HEAD = """\
from conformance import *
from conformance.fixtures import *

"""


def judge(folder: Path, source: str, *options: str, fault: str = "") -> list[Run]:
    """Write a test file, run it under the suite's plugin, and return the verdicts."""
    verdicts = folder / "verdicts"
    pytest_run(folder, source, *options, f"--verdicts={verdicts}", fault=fault)
    lines = verdicts.read_text().splitlines()
    return list(runs_of(json.loads(line) for line in lines if not line.startswith('{"planned"')))


def pytest_run(
    folder: Path, source: str, *options: str, fault: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Write a test file and run it under the suite's plugin."""
    (folder / "test_it.py").write_text(_HEAD + source, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "pytest", str(folder), "-c", os.devnull]
    command += [f"--rootdir={folder}", "-p", "no:cacheprovider", "-p", "conformance.plugin"]
    command += [f"--command={COMMAND} {fault}", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)
