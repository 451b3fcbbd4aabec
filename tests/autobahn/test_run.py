"""``make autobahn``: what it makes of the suite's report, and of a machine without Python 2.7."""

from __future__ import annotations

import json
from pathlib import Path

from hubbub.autobahn import Outcome
from tests.autobahn.run import read_outcome
from tests.implementations.running import run_python


def test_index_is_counted(tmp_path: Path) -> None:
    """The suite's index.json becomes counts."""
    index = tmp_path / "index.json"
    cases = {"1.1.1": "OK", "6.4.3": "NON-STRICT", "2.1": "OK"}
    entries = {
        case: {"behavior": verdict, "behaviorClose": "OK", "duration": 1, "remoteCloseCode": 1000}
        for case, verdict in cases.items()
    }
    index.write_text(json.dumps({"asyncio": entries}))

    assert read_outcome("asyncio", index) == Outcome("asyncio", 2, 1, 0, ())


def test_broken_off_run_has_no_cases(tmp_path: Path) -> None:
    """A suite that wrote nothing, or nothing about the server, has run no case."""
    empty = tmp_path / "index.json"
    empty.write_text("{}")

    assert read_outcome("trio", empty).cases == 0
    assert read_outcome("trio", tmp_path / "missing.json").cases == 0


def test_without_python27_it_is_skipped(tmp_path: Path) -> None:
    """Where there is no Python 2.7 the run says so in one line, and is no failure."""
    ended = run_python(
        "-m", "tests.autobahn.run", PATH=str(tmp_path), HOME=str(tmp_path), PYENV_ROOT=""
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (
        "autobahn: skipped: no Python 2.7 here "
        "(looked for python2.7 and python2 on PATH, and in pyenv)\n"
    )
