"""Which ratio is a regression, and that the baseline's checkout is removed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.micro.against import CannotMeasure, checked_out, judge


LIMIT = 1.25
SAY, WHO = "bench_room.py::bench_say[10]", "bench_room.py::bench_who[10]"


@pytest.mark.parametrize(
    ("after_s", "slower"), [(0.5, False), (1.0, False), (1.25, False), (1.26, True), (9.0, True)]
)
def test_ratio_above_the_limit_is_slower(after_s: float, slower: bool) -> None:
    """A ratio above the limit is slower; a ratio equal to the limit is not."""
    [judgement] = judge({SAY: [1.0]}, {SAY: [after_s]}, LIMIT)

    assert judgement.slower is slower
    assert judgement.ratio == after_s


@pytest.mark.parametrize(("after_s", "faster"), [(0.79, True), (0.81, False), (1.3, False)])
def test_ratio_below_the_inverse_is_faster(after_s: float, faster: bool) -> None:
    """A ratio below the inverse of the limit is faster; for one tree measured twice it is noise."""
    [judgement] = judge({SAY: [1.0]}, {SAY: [after_s]}, LIMIT)

    assert judgement.faster is faster


def test_medians_are_compared() -> None:
    """One slow process on either side does not decide."""
    [judgement] = judge({SAY: [1.0, 1.0, 0.1]}, {SAY: [1.0, 50.0, 1.1]}, LIMIT)

    assert judgement.ratio == pytest.approx(1.1)
    assert not judgement.slower


def test_slowest_comes_first() -> None:
    """The largest ratio is in the first line."""
    judgements = judge({SAY: [1.0], WHO: [1.0]}, {SAY: [1.0], WHO: [2.0]}, LIMIT)

    assert [judgement.name for judgement in judgements] == [WHO, SAY]


def test_benchmark_of_one_tree_only_is_not_judged() -> None:
    """A new benchmark and a removed one are named last, and are no regression."""
    judgements = judge({SAY: [1.0], "gone": [1.0]}, {SAY: [1.0], "new": [9.0]}, LIMIT)

    assert [(each.name, each.ratio, each.slower) for each in judgements] == [
        (SAY, 1.0, False),
        ("gone", None, False),
        ("new", None, False),
    ]
    assert "only there" in str(judgements[1])
    assert "only here" in str(judgements[2])


@pytest.mark.parametrize(
    ("before_s", "after_s", "line"),
    [
        (2e-6, 3e-6, " 1.50  SLOWER    2.0 us ->   3.0 us  say"),
        (2e-3, 2e-3, " 1.00  same      2.0 ms ->   2.0 ms  say"),
        (200e-9, 100e-9, " 0.50  faster  200.0 ns -> 100.0 ns  say"),
    ],
)
def test_each_has_one_line(before_s: float, after_s: float, line: str) -> None:
    """The line gives the ratio, the verdict, both medians with their unit, and the name."""
    [judgement] = judge({"say": [before_s]}, {"say": [after_s]}, LIMIT)

    assert str(judgement) == line


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` without a real author; return its output."""
    author = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    return subprocess.run(
        ["git", *author, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, tagged ``first``, and an edit on top."""
    try:
        git(tmp_path, "init", "--quiet")
    except FileNotFoundError:
        pytest.skip("git is not installed")
    (tmp_path / "file").write_text("committed")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    git(tmp_path, "tag", "first")
    (tmp_path / "file").write_text("edited")
    return tmp_path


def test_baseline_is_the_revision_without_the_edits(repository: Path) -> None:
    """The checkout holds what was committed."""
    with checked_out(repository, "first") as tree:
        text = (tree / "file").read_text()

    assert text == "committed"
    assert (repository / "file").read_text() == "edited"


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, CannotMeasure])
def test_no_checkout_is_left(repository: Path, end: type[BaseException]) -> None:
    """Whatever ends the measurement, the folder and git's record of it are removed."""
    trees = []

    def measure() -> None:
        with checked_out(repository, "first") as tree:
            trees.append(tree)
            (tree / "made by a benchmark").touch()
            raise end

    with pytest.raises(end):
        measure()

    [tree] = trees
    assert not tree.parent.exists()
    assert git(repository, "worktree", "list").count("\n") == 1


def test_unknown_revision_is_said_in_one_line(repository: Path) -> None:
    """An unknown revision is one line, not a traceback, and leaves nothing behind."""
    unknown = checked_out(repository, "nowhere")

    with pytest.raises(CannotMeasure, match="cannot check out 'nowhere'"), unknown:
        pass

    assert git(repository, "worktree", "list").count("\n") == 1
