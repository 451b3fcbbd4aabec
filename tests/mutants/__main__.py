"""Judge the mutants: ``make mutants``, or ``python -m tests.mutants [WORD ...]``.

A line per mutant says what caught it. The run fails when a mutant survives that must not. With
``--good`` the same rules and tests judge the good servers, and the run fails when one fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from conformance import TICK
from tests.mutants.mutant import Mutant, mutants, planted, rule_tests


MOST_SURVIVORS = 2  # each with its reason in the table
_WITHIN_S = 1200 * TICK  # for the rules of one mutant, which may hang a server, and its tests
_TOO_LATE = "nothing ended in time"


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant."""

    mutant: Mutant
    caught_by: str  # the first test that failed; empty: it survived
    took_s: float


def judge(mutant: Mutant, *, plant: bool = True) -> Outcome:
    """Put one mutant to what must catch it; without ``plant``, the good server."""
    started = time.monotonic()
    with planted(mutant if plant else None) as tree:
        failed = _failed_rule(tree, mutant) or _failed_test(tree, mutant)
    return Outcome(mutant, failed, time.monotonic() - started)


def _failed_rule(tree: Path, mutant: Mutant) -> str:
    """Run the tests of the rules until one fails; return its name, or nothing."""
    if not mutant.rules:
        return ""
    verdicts = tree / "verdicts"
    asked = [*rule_tests(mutant.rules), f"--server={mutant.server}", f"--verdicts={verdicts}"]
    # The first run may stop at a test without a verdict, and then there is a second one.
    for stop in (["-x"], []):
        code, said = _pytest(tree, [*asked, *stop], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        if said == _TOO_LATE:
            return said
        lines = verdicts.read_text(encoding="utf-8").splitlines() if verdicts.exists() else []
        for run in map(json.loads, lines):
            if run.get("verdict") == "fail":
                return f"{run['rule']}/{run['test']} at {run['door']}"
        if code == 0:
            break
        if code != 1:
            raise RuntimeError(f"{mutant.name}: the rules did not run:\n{said}")
    return ""


def _failed_test(tree: Path, mutant: Mutant) -> str:
    """Run the tests until one fails; return its name, or nothing."""
    if not mutant.tests:
        return ""
    code, said = _pytest(tree, [*mutant.tests, "-x"])
    if code == 0 or said == _TOO_LATE:
        return said if code else ""
    # A mutant that cannot even be imported is caught; a test that does not exist is our fault.
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    if failed is None or code not in (1, 2):
        raise RuntimeError(f"{mutant.name}: the tests did not run:\n{said}")
    return failed.group(1)


def _pytest(tree: Path, arguments: Sequence[str], **variables: str) -> tuple[int, str]:
    """Run pytest in a tree; return its exit code, and what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that all that it has started can be ended with it
    ) as pytest:
        try:
            said, _ = pytest.communicate(timeout=_WITHIN_S)
        except subprocess.TimeoutExpired:
            said = _TOO_LATE
        finally:
            if pytest.poll() is None:
                os.killpg(pytest.pid, signal.SIGKILL)
    return pytest.returncode, said


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge all, or those that are named; 0 when all are caught but the few that may survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only mutants with this in their name"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth mutant")
    parser.add_argument("--good", action="store_true", help="judge the good servers instead")
    parser.add_argument(
        "-j", type=int, default=3, metavar="N", help="mutants at a time (default 3)"
    )
    options = parser.parse_args(arguments)
    chosen = [
        mutant
        for mutant in mutants()
        if not options.words or any(word in mutant.name for word in options.words)
    ][:: options.every]
    if not chosen:
        parser.error(f"no mutant has {' or '.join(options.words)} in its name")
    if options.good:  # what many mutants are put to is run once
        chosen = list({(mutant.server, mutant.caught_by): mutant for mutant in chosen}.values())
    with ThreadPoolExecutor(options.j) as pool:
        outcomes = []
        for outcome in pool.map(lambda mutant: judge(mutant, plant=not options.good), chosen):
            outcomes.append(outcome)
            print(f"{len(outcomes):3} of {len(chosen)}  {_shown(outcome)}", flush=True)
    caught = [outcome for outcome in outcomes if outcome.caught_by]
    if options.good:
        print(f"\n{len(caught)} of {len(chosen)} fail at a good server")
        return 1 if caught else 0
    survivors = [outcome.mutant for outcome in outcomes if not outcome.caught_by]
    print(f"\n{len(caught)} of {len(chosen)} mutants caught")
    for mutant in survivors:
        print(f"  survives: {mutant.name}\n    {mutant.survives or 'no reason given'}")
    unexplained = [mutant for mutant in survivors if not mutant.survives]
    return 1 if unexplained or len(survivors) > MOST_SURVIVORS else 0


def _shown(outcome: Outcome) -> str:
    verdict = f"fails: {outcome.caught_by}" if outcome.caught_by else "NOTHING FAILS"
    return f"{outcome.took_s:5.1f} s  {outcome.mutant.name}\n      {verdict}"


if __name__ == "__main__":
    sys.exit(main())
