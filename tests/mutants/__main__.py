"""Judge the mutants: ``make mutants``, or ``python -m tests.mutants [WORD ...]``.

A line per mutant says what caught it. The run fails when a mutant survives that must not, and when
the good servers do not pass what is to catch the mutants.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant, mutants, planted


MOST_SURVIVORS = 2  # each with its reason in the table
_WITHIN_S = 300.0  # for one mutant, which may hang a server

# The command line of the tree that is named first, whatever is installed.
_CONFORM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from hubbub.cli import main; sys.exit(main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant."""

    mutant: Mutant
    caught_by: str  # the first rule or test that failed; empty: it survived
    took_s: float


def judge(mutant: Mutant, *, plant: bool = True) -> Outcome:
    """Put one mutant to what must catch it; without ``plant``, the good server."""
    started = time.monotonic()
    with planted(mutant if plant else None) as tree:
        failed = _failed_rule(tree, mutant) or _failed_test(tree, mutant)
    return Outcome(mutant, failed, time.monotonic() - started)


def _failed_rule(tree: Path, mutant: Mutant) -> str:
    if not mutant.rules:
        return ""
    results = tree / "results.json"
    options = [mutant.server, "--rules", ",".join(mutant.rules), "--json", str(results), "-n", "2"]
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-c", _CONFORM, str(tree), "conform", *options],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "nothing ended in time"
    if not results.exists():
        # A server that cannot even start is caught; a suite that cannot run is a fault of ours.
        raise RuntimeError(f"{mutant.name}: the suite did not run:\n{ended.stderr}")
    summary = json.loads(results.read_text(encoding="utf-8"))["summary"][mutant.server]
    return next((rule for rule in mutant.rules if summary.get(rule) == "fail"), "")


def _failed_test(tree: Path, mutant: Mutant) -> str:
    for test in mutant.tests:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
        try:
            ended = subprocess.run(
                command,
                cwd=tree,
                env={**os.environ, "PYTHONPATH": str(tree)},
                capture_output=True,
                text=True,
                timeout=_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return test
        if ended.returncode == 1:
            return test
        if ended.returncode != 0:
            raise RuntimeError(f"{mutant.name}: {test} did not run:\n{ended.stdout}{ended.stderr}")
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge all, or those that are named; 0 when all are caught but the few that may survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only mutants with this in their name"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth mutant")
    parser.add_argument("--good", action="store_true", help="judge the good servers instead")
    parser.add_argument(
        "-j", type=int, default=2, metavar="N", help="mutants at a time (default 2)"
    )
    options = parser.parse_args(arguments)
    chosen = [
        mutant
        for mutant in mutants()
        if not options.words or any(word in mutant.name for word in options.words)
    ][:: options.every]
    if not chosen:
        parser.error(f"no mutant has {' or '.join(options.words)} in its name")
    survivors: list[Outcome] = []
    with ThreadPoolExecutor(options.j) as pool:
        outcomes = pool.map(lambda mutant: judge(mutant, plant=not options.good), chosen)
        for number, outcome in enumerate(outcomes, 1):
            verdict = f"caught by {outcome.caught_by}" if outcome.caught_by else "SURVIVES"
            if not outcome.caught_by:
                survivors.append(outcome)
            print(
                f"{number:3} of {len(chosen)}  {outcome.took_s:5.1f} s  {outcome.mutant.name}\n"
                f"      {verdict}",
                flush=True,
            )
    if options.good:
        return 0 if len(survivors) == len(chosen) else 1
    unexplained = [one for one in survivors if not one.mutant.survives]
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants caught")
    for outcome in survivors:
        print(f"  survives: {outcome.mutant.name}")
        print(f"            {outcome.mutant.survives or 'no reason given'}")
    return 1 if unexplained or len(survivors) > MOST_SURVIVORS else 0


if __name__ == "__main__":
    sys.exit(main())
