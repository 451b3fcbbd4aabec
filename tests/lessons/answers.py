"""Judge a folder of answers, each with its expected verdict in line 1, and print what each got.

    python -m tests.lessons.answers ../shared/answers          all of them, two at a time
    python -m tests.lessons.answers ../shared/answers 02 13    those of two lessons

Line 1 of an answer ``NN_name.py`` is ``# expected: pass ...`` or ``# expected: fail ...``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import Lesson, find_lesson


__all__ = ["MOST_S", "Answer", "answers", "fault_of"]

MOST_S = 10.0  # per answer, whatever it does
AT_ONCE = 2
BLAMES_THE_CHECK = "The check itself failed"


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise, and the verdict that it must get."""

    path: Path
    expected: Literal["pass", "fail"]

    def judged(self) -> Report:
        """Judge the answer."""
        lesson = find_lesson(self.path.name[:2])
        with tempfile.TemporaryDirectory() as folder:  # it may look beside itself
            copy = Path(folder, lesson.folder.name)
            shutil.copytree(lesson.folder, copy, ignore=shutil.ignore_patterns("*.ipynb"))
            shutil.copyfile(self.path, copy / "exercise.py")
            return judge(Lesson(copy))


def answers(folder: Path) -> Iterator[Answer]:
    """Yield the answers of a folder, in order."""
    for path in sorted(folder.glob("[0-9][0-9]_*.py")):
        first = path.read_bytes().partition(b"\n")[0].removeprefix(b"\xef\xbb\xbf")
        yield Answer(path, "pass" if b"expected: pass" in first else "fail")


def fault_of(answer: Answer, report: Report) -> str:
    """Return what is wrong with a verdict, in a few words; nothing when it is right."""
    if BLAMES_THE_CHECK in report.sentence:
        return "blames the check"
    got = "pass" if report.passed else "fail"
    if got != answer.expected:
        return f"expected {answer.expected}, got {got}"
    return f"took {report.took_s:.1f} s" if report.took_s > MOST_S else ""


def main(arguments: list[str]) -> int:
    """Judge the answers of a folder, or those of some lessons; return how many verdicts failed."""
    folder, *lessons = arguments
    chosen = [
        one for one in answers(Path(folder)) if not lessons or one.path.name.startswith((*lessons,))
    ]
    wrong = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for answer, report in zip(chosen, pool.map(Answer.judged, chosen), strict=True):
            fault = fault_of(answer, report)
            wrong += bool(fault)
            got = "pass" if report.passed else "fail"
            print(
                f"{'!!' if fault else 'ok'} {answer.path.name}: expected {answer.expected}, "
                f"got {got}, {report.took_s:.1f} s | {fault} | {report.sentence}",
                flush=True,
            )
    print(f"{wrong} of {len(chosen)} verdicts are wrong")
    return min(wrong, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
