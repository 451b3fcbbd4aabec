"""``make autobahn``: the fuzzing client against the WebSocket door of each runtime.

Two cases pass non-strictly, 6.4.3 and 6.4.4: text that ceases to be UTF-8 in the
middle of a frame is refused at the end of that frame. RFC 6455 allows it; sooner
would be a parser of our own, for frames of at most ``max_line`` bytes.

Exit code: 0 when no case failed, and when it cannot run here, which it says; 1
when a case failed or did not run.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.contenders import ForeignCommand, LaunchOptions
from conformance.server import NotReady, Server, spell
from hubbub.autobahn import SUMMARY, Outcome, outcome_of, runtimes, write_outcomes
from tests.autobahn.wstest import SUITE, CannotRun, find_python27, install


__all__ = ["launch", "main", "read_outcome"]

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".cache" / "autobahn"
REPORTS = SUMMARY.with_suffix("")  # a folder a runtime, each with the suite's own pages

SECTIONS = (*range(1, 8), 10)  # 9 measures; 12 and 13 are about compression, which we do not offer
RUN_WITHIN_S = 120.0  # ten times what it takes


def main() -> int:
    """Run all cases against all runtimes, print a line a runtime, and return the exit code."""
    try:
        python27 = find_python27(os.environ)
        wstest = install(python27, HOME)
    except CannotRun as reason:
        print(f"autobahn: skipped: {reason}")
        return 0
    outcomes = []
    for runtime in runtimes():
        outcome = _judge(runtime, wstest)
        print(outcome, flush=True)
        if outcome.failed:
            print(f"  failed: {', '.join(outcome.failed)}")
        outcomes.append(outcome)
    write_outcomes(outcomes, SUITE.replace("==", " "))
    print(f"case by case: {REPORTS.relative_to(ROOT)}/RUNTIME/index.html")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def launch(runtime: str) -> Server:
    """Start the echo server of a runtime and wait until its doors are open."""
    command = [sys.executable, "-m", "tests.autobahn.echo_server", runtime]
    contender = ForeignCommand(shlex.join(command), f"{runtime}-echo")
    server = contender.launch(LaunchOptions(cwd=ROOT))
    try:
        return server.wait_ready()
    except BaseException:
        server.stop()
        raise


def _judge(runtime: str, wstest: Sequence[str]) -> Outcome:
    folder = REPORTS / runtime
    shutil.rmtree(folder, ignore_errors=True)  # no case of an older run may count for this one
    folder.mkdir(parents=True)
    try:
        server = launch(runtime)
    except NotReady as problem:
        print(f"  {problem}")
        return outcome_of(runtime, {})
    try:
        spec = folder / "spec.json"
        spec.write_text(json.dumps(_spec(runtime, f"ws://{spell(server.ws)}/ws", folder)))
        said = folder / "wstest.log"
        with said.open("wb") as output:
            subprocess.run(
                [*wstest, "--mode", "fuzzingclient", "--spec", str(spec)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=RUN_WITHIN_S,
                check=False,  # it tells by its report
            )
    except subprocess.TimeoutExpired:
        print(f"  {runtime}: cut off after {RUN_WITHIN_S:g} s")
    finally:
        server.stop()
        (folder / "server.log").write_text(server.stderr_text(), encoding="utf-8")
    return read_outcome(runtime, folder / "index.json")


def read_outcome(runtime: str, index: Path) -> Outcome:
    """Count what the suite wrote; it leaves out the agent, or writes nothing, when it broke off."""
    found = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
    return outcome_of(runtime, found.get(runtime, {}))


def _spec(runtime: str, url: str, folder: Path) -> dict[str, object]:
    return {
        "servers": [{"agent": runtime, "url": url}],
        "outdir": str(folder),
        "cases": [f"{section}.*" for section in SECTIONS],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }


if __name__ == "__main__":
    sys.exit(main())
