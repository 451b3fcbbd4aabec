"""Check whether this tree is slower than another revision, by measuring both in turns.

    python -m benchmarks.micro.against main -k room
    python -m benchmarks.micro.against main --same      # how noisy is this machine?

A number that was saved on another day cannot be compared: today the machine may be busy or warm.
So the baseline revision is checked out into a temporary folder, and baseline and this tree are
measured in turns, each in a fresh process. For each benchmark one ratio is judged: the median of
this tree's medians over the median of the baseline's medians.

Both trees run the benchmarks of this tree, so a changed benchmark is no regression. A benchmark
that fails in the baseline, because it uses something new, is reported and not judged.

Exit code: 0, no benchmark is slower; 1, at least one is slower (or, with --same, seems faster);
2, there was nothing to judge; 130, Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn


__all__ = ["CannotMeasure", "Judgement", "checked_out", "judge", "main"]

ROOT = Path(__file__).resolve().parents[2]
MICRO = Path("benchmarks", "micro")
LIMIT = 1.25  # on a shared machine, noise is usually smaller: see --same
TURNS = 3  # the smallest number whose median ignores one slow process
MAX_TIME_S = 0.1  # of one benchmark in one turn, unless it sets its own number of rounds

Medians = Mapping[str, Sequence[float]]  # seconds, one for each turn, by benchmark


class CannotMeasure(Exception):
    """No verdict is possible; the text says why."""


@dataclass(frozen=True)
class Judgement:
    """The result of one benchmark.

    Attributes:
        name: the name that pytest gives it: ``bench_room.py::bench_say[10]``.
        before_s: the median of the baseline's medians, in seconds; None if it has none.
        after_s: the same for this tree.
        limit: the largest ratio that is no regression.
    """

    name: str
    before_s: float | None
    after_s: float | None
    limit: float

    @property
    def ratio(self) -> float | None:
        """``after_s / before_s``; None if one of them is missing."""
        if self.before_s is None or self.after_s is None:
            return None
        return self.after_s / self.before_s

    @property
    def slower(self) -> bool:
        """Whether this is a regression."""
        return self.ratio is not None and self.ratio > self.limit

    @property
    def faster(self) -> bool:
        """Whether the baseline would be a regression against this tree."""
        return self.ratio is not None and self.ratio < 1 / self.limit

    def __str__(self) -> str:
        if self.ratio is None:
            where = "only here" if self.before_s is None else "only there"
            return f"    -  {where}  {self.name}"
        word = "SLOWER" if self.slower else "faster" if self.faster else "same"
        return (
            f"{self.ratio:5.2f}  {word:6}  {_shown(self.before_s)} -> {_shown(self.after_s)}"
            f"  {self.name}"
        )


def judge(before: Medians, after: Medians, limit: float) -> list[Judgement]:
    """Compare two trees, benchmark by benchmark; the slowest first, those without a ratio last.

    Args:
        limit: the largest ratio that is no regression, above 1.
    """
    judgements = [
        Judgement(name, _median(before.get(name)), _median(after.get(name)), limit)
        for name in sorted({*before, *after})
    ]
    return sorted(judgements, key=lambda one: -(one.ratio or 0.0))


@contextmanager
def checked_out(root: Path, ref: str) -> Iterator[Path]:
    """Check ``ref`` of the repository at ``root`` out into a temporary folder.

    The folder is removed, whatever ends the block, even Ctrl-C.

    Raises:
        CannotMeasure: git does not know ``ref``, or there is no repository.
    """
    with tempfile.TemporaryDirectory(prefix="hubbub-baseline-") as folder:
        tree = Path(folder).resolve() / "tree"
        try:
            added = subprocess.run(
                ["git", "worktree", "add", "--quiet", "--detach", str(tree), ref],
                cwd=root,
                stderr=subprocess.PIPE,
                text=True,
            )
            if added.returncode:
                raise CannotMeasure(f"cannot check out {ref!r}: {added.stderr.strip()}")
            yield tree
        finally:
            subprocess.run(  # may fail: after a failed checkout there is nothing to remove
                ["git", "worktree", "remove", "--force", str(tree)], cwd=root, capture_output=True
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, judge, print one line for each benchmark; return the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)  # so that the worktree is removed if CI ends this process
    try:
        with checked_out(ROOT, options.ref) as baseline:
            _bring_benchmarks(baseline)
            here = baseline if options.same else ROOT
            before, after = _measure(baseline, here, options)
    except CannotMeasure as problem:
        print(f"against: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    judgements = judge(before, after, options.limit)
    for judgement in judgements:
        print(judgement)
    if all(judgement.ratio is None for judgement in judgements):
        print("against: nothing to judge, because no benchmark ran in both trees", file=sys.stderr)
        return 2
    slower = sum(judgement.slower for judgement in judgements)
    faster = sum(judgement.faster for judgement in judgements)
    what = "the same tree twice" if options.same else f"this tree against {options.ref}"
    print(
        f"{what}: of {len(judgements)} benchmarks, {slower} are slower and {faster} faster by "
        f"more than a factor of {options.limit:g}"
    )
    # With --same, nothing is really faster: such noise could have been slower as well.
    return 1 if slower or (options.same and faster) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="against", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("ref", help="the baseline: a branch, a tag or a commit")
    parser.add_argument("-k", default="", metavar="EXPR", help="which benchmarks: pytest's -k")
    parser.add_argument(
        "--limit", type=_limit, default=LIMIT, help=f"largest allowed ratio (default: {LIMIT})"
    )
    parser.add_argument(
        "--turns", type=_turns, default=TURNS, help=f"of each tree (default: {TURNS})"
    )
    parser.add_argument(
        "--same",
        action="store_true",
        help="measure the baseline against itself: every difference is noise",
    )
    return parser


def _limit(text: str) -> float:
    limit = float(text)
    if not limit > 1:
        raise ValueError
    return limit


def _turns(text: str) -> int:
    turns = int(text)
    if turns < 1:
        raise ValueError
    return turns


def _bring_benchmarks(tree: Path) -> None:
    """Copy the benchmarks of this tree into ``tree``."""
    shutil.rmtree(tree / MICRO, ignore_errors=True)
    shutil.copytree(ROOT / MICRO, tree / MICRO, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / MICRO.parent / "__init__.py").touch()


def _measure(
    baseline: Path, here: Path, options: argparse.Namespace
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    before: dict[str, list[float]] = defaultdict(list)
    after: dict[str, list[float]] = defaultdict(list)
    for turn in range(options.turns):
        print(f"turn {turn + 1} of {options.turns} ...", file=sys.stderr, flush=True)
        for name, median_s in _run(baseline, options.k, may_fail=True).items():
            before[name].append(median_s)
        for name, median_s in _run(here, options.k, may_fail=options.same).items():
            after[name].append(median_s)
    return before, after


def _run(tree: Path, expression: str, *, may_fail: bool) -> dict[str, float]:
    """Run the benchmarks of ``tree`` in a fresh process; return the median of each, in seconds.

    Raises:
        CannotMeasure: pytest could not run them, or one failed although none may.
    """
    with tempfile.TemporaryDirectory(prefix="hubbub-turn-") as folder:
        saved = Path(folder) / "turn.json"
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", str(MICRO), "-q", "-k", expression),
                "--continue-on-collection-errors",  # the baseline may lack what one file imports
                *("--benchmark-quiet", f"--benchmark-json={saved}"),
                f"--benchmark-max-time={MAX_TIME_S}",
            ],
            cwd=tree,
            # Comes before an editable install of another tree; conftest.py checks that.
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        passed = run.returncode == 0 or (run.returncode == 1 and may_fail)
        if not passed:
            raise CannotMeasure(f"the benchmarks failed in {tree}:\n{run.stdout}")
        if not saved.exists():  # every benchmark failed
            return {}
        results = json.loads(saved.read_text())["benchmarks"]
    return {result["fullname"]: result["stats"]["median"] for result in results}


def _stop(signal_number: int, _: object) -> NoReturn:
    sys.exit(128 + signal_number)


def _median(medians_s: Sequence[float] | None) -> float | None:
    return statistics.median(medians_s) if medians_s else None


def _shown(seconds: float | None) -> str:
    if seconds is None:
        return "nothing"
    for unit, factor in (("ns", 1e9), ("us", 1e6)):
        if seconds * factor < 1000:
            return f"{seconds * factor:5.1f} {unit}"
    return f"{seconds * 1e3:5.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
