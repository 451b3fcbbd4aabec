"""Foreign servers that the suite judges in their dialects: one in Python, and four in Go."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from conformance.protocol import rules
from conformance.results import Results
from conformance.suite import Request, run_suite
from conformance.verdicts import Verdict


__all__ = ["RAW_BROADCAST", "build", "judge", "verdicts"]

HERE = Path(__file__).parent
RAW_BROADCAST = f"{sys.executable} {HERE / 'raw_broadcast.py'} {{ws_port}}"

_GO_PATH = "/usr/share/gocode"  # where a Linux distribution puts the packages that it has
_BUILD_WITHIN_S = 300


def build(program: str, folder: Path) -> Path:
    """Build one of the Go programs; skip the test if that cannot be done here."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go here")
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off"}
    environment["GOPATH"] = os.pathsep.join([str(folder / "gopath"), _GO_PATH])
    built = subprocess.run(
        [go, "build", "-o", str(folder / program), "."],
        cwd=HERE / program,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_BUILD_WITHIN_S,
        check=False,
    )
    if "cannot find package" in built.stderr:
        pytest.skip("there is no gorilla/websocket here")
    assert built.returncode == 0, built.stderr
    return folder / program


def judge(
    command: str, dialect: str, rule_ids: Sequence[str], *options: str, quick: bool = True
) -> Results:
    """Judge a command in a dialect by some rules.

    Args:
        options: more options of the plugin.
        quick: False: by all tests of these rules.
    """
    assert set(rule_ids) <= {rule.id for rule in rules()}
    request = Request(
        [f"--command={command}", *options],
        rules=",".join(rule_ids),
        quick=quick,
        workers=2,
        dialect=dialect,
    )
    return run_suite(request)


def verdicts(results: Results) -> Mapping[str, Verdict]:
    """Return the verdict of each rule for the one server that was judged."""
    (server,) = results.servers
    return {rule.id: results.cell(server, rule).verdict for rule in results.rules}
