"""The judge: whatever an exercise does, it gets a sentence, and soon."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from conformance.timing import TICK
from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import Lesson


CHECK = """
from hubbub.learning.promises import Broken, promise

@promise("lesson.answer", "The answer is 42.")
def answer(exercise, seed):
    if exercise.answer() != 42:
        raise Broken("That is not the answer.")

@promise("lesson.turns", "It is so every time.", seeds=3)
def turns(exercise, seed):
    if getattr(exercise, "BREAKS_AT", None) == seed:
        raise Broken("Not this time.", detail="of all times")
"""
SOON_S = 1500 * TICK  # the longest patience of the judge, and to spare


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A lesson whose exercise is still to be written."""
    folder = tmp_path / "42_answer"
    folder.mkdir()
    (folder / "check.py").write_text(CHECK)
    return Lesson(folder)


def judged(lesson: Lesson, exercise: str, seed: int | None = None) -> Report:
    """Judge a text."""
    lesson.exercise.write_text(exercise)
    return judge(lesson, seed=seed)


def test_good_answer_passes_and_says_what_ran(lesson: Lesson) -> None:
    """A pass says each promise and with how many schedules it was put to the test."""
    report = judged(lesson, "def answer(): return 42\n")

    assert report.passed
    assert report.seeds == (1, 3)
    assert report.promises[0] == ("lesson.answer", "The answer is 42.")
    assert not report.sentence


def test_broken_promise_comes_with_its_sentence_and_the_rest_is_not_looked_at(
    lesson: Lesson,
) -> None:
    """The first broken promise is told, and how many were kept before it."""
    report = judged(lesson, "def answer(): return 41\n")

    assert not report.passed
    assert (report.sentence, report.rule, report.kept) == (
        "That is not the answer.",
        "lesson.answer",
        0,
    )
    assert report.seed is None


def test_broken_turn_comes_with_its_seed(lesson: Lesson) -> None:
    """What depends on turns says which seed shows it, and that seed shows it alone."""
    text = "BREAKS_AT = 2\ndef answer(): return 42\n"

    assert judged(lesson, text).seed == 2
    assert judged(lesson, text, seed=2).sentence == "Not this time."
    assert judged(lesson, text, seed=1).passed


FORGES = """
import os
write = os.write
os.write = lambda to, data: write(to, data.replace(b"broken", b"kept"))
def answer(): return 41
"""


@pytest.mark.parametrize(
    ("exercise", "sentence"),
    [
        ("def answer()\n    return 42\n", "Python cannot read line 1"),
        ("import nowhere_to_be_found\n", "cannot be loaded: ModuleNotFoundError"),
        ("exit()\n", "ends the program while it is being loaded"),
        ("raise KeyboardInterrupt\n", "cannot be loaded: KeyboardInterrupt"),
        ("import os\nos._exit(7)\n", "ended the whole process while it was being loaded"),
        ("import os\nos.abort()\n", "by SIGABRT"),
        ("def answer():\n    exit()\n", "ends the program, at line 2"),
        ("def answer():\n    import os\n    os._exit(0)\n", "while it was being judged"),
        ("def answer():\n    return 1 / 0\n", "died of ZeroDivisionError"),
        ("def answer():\n    return answer()\n", "died of RecursionError"),
        ("def answer():\n    raise NotImplementedError\n", "still to be written"),
        ("", "has no answer"),
        ("def answer():\n    import sys\n    sys.stdout.close()\n    return 42\n", ""),
        ("\x00", "Python cannot read"),
        ("def answer():\n    return input()\n", "Nobody is there to answer input()"),
        ("def answer():\n    breakpoint()\n", "There is a breakpoint()"),
        ("import queue\nqueue.Queue().get()\n", "waits for an item in a queue while it is being"),
        ("import os\nos.write = lambda *_: 0\n", "ended the whole process"),
        (FORGES, "kept the check from its work"),
    ],
)
def test_exercise_that_falls_over_gets_a_sentence(
    lesson: Lesson, exercise: str, sentence: str
) -> None:
    """A syntax error, a crash, an exit: each is told in words, with its line where it has one."""
    assert sentence in judged(lesson, exercise).sentence


@pytest.mark.parametrize(
    ("exercise", "sentence"),
    [
        ("while True:\n    pass\n", "while it was being loaded, at line"),
        ("def answer():\n    while True:\n        pass\n", "Is there a loop that never ends?"),
        (
            "import os\nread, write = os.pipe()\n\ndef answer():\n    os.read(read, 1)\n",
            "at line 5, `os.read(read, 1)`, for something that never comes. Is it a deadlock?",
        ),
    ],
)
def test_exercise_without_an_end_is_ended(lesson: Lesson, exercise: str, sentence: str) -> None:
    """A loop without an end and a deadlock are told apart, and end."""
    report = judged(lesson, exercise)

    assert sentence in report.sentence
    assert report.took_s < SOON_S


def test_lock_of_python_is_found_waiting_at_once(lesson: Lesson) -> None:
    """An exercise that takes a lock twice is told so without any deadline."""
    report = judged(
        lesson,
        "import threading\nlock = threading.Lock()\n"
        "def answer():\n    with lock:\n        with lock:\n            return 42\n",
    )

    assert "a lock that it holds itself" in report.sentence


def test_nothing_of_an_exercise_is_left(lesson: Lesson) -> None:
    """A process that the exercise starts ends with it."""
    left = lesson.folder / "pid"
    judged(
        lesson,
        "import subprocess, pathlib\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        f"pathlib.Path({str(left)!r}).write_text(str(child.pid))\n"
        "def answer(): return 42\n",
    )
    ended = threading.Event()
    for _ in range(100):
        try:
            state = Path(f"/proc/{left.read_text()}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":  # ended, and waits for its parent's parent
            return
        ended.wait(TICK)
    raise AssertionError(f"{left.read_text()} still runs, of {os.getpid()}")


def test_text_of_no_encoding_is_told(lesson: Lesson) -> None:
    """A comment that is not of the file's encoding is Python's complaint, and the judge's."""
    lesson.exercise.write_bytes(b"# f\xfcr\ndef answer(): return 42\n")

    report = judge(lesson)

    assert not report.passed
    assert "save it as UTF-8" in report.sentence


def test_fault_of_the_check_is_not_the_learners(lesson: Lesson) -> None:
    """What the check itself gets wrong is told as its own."""
    lesson.check.write_text(CHECK.replace("exercise.answer() != 42", "nonsense"))

    assert "not your fault" in judged(lesson, "def answer(): return 42\n").sentence


def test_what_was_printed_is_shown(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of what an exercise printed stands in the report."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)

    assert judged(lesson, "print('here I am')\ndef answer(): return 1\n").printed == "here I am"


@pytest.mark.parametrize(
    "exercise",
    [
        b"\xef\xbb\xbfdef answer():\n    return 42\n",
        b"# -*- coding: latin-1 -*-\nNAME = '\xe4'\ndef answer():\n    return 42\n",
        b"import os\nos.fork()\ndef answer():\n    return 42\n",
        b"import os\nos.fork() or os._exit(3)\nos.wait()\ndef answer():\n    return 42\n",
        b"import os\nos.closerange(0, 100)\ndef answer():\n    return 42\n",
        b"for _ in range(50):\n    print('x' * 10**6)\ndef answer():\n    return 42\n",
        b"import _thread\nlock = _thread.allocate_lock()\ndef answer():\n    with lock:\n"
        b"        return 42\n",
    ],
    ids=["mark", "latin-1", "fork", "fork-and-back", "closes-all", "prints", "low-level"],
)
def test_right_answer_passes_however_it_is_written(lesson: Lesson, exercise: bytes) -> None:
    """A mark, an encoding, a fork, a flood of output: what is right passes."""
    lesson.exercise.write_bytes(exercise)

    report = judge(lesson)

    assert report.passed, report.sentence


@pytest.mark.parametrize(
    ("exercise", "sentence"),
    [
        (
            "kept = []\ndef answer():\n    while True:\n        kept.append(b'x' * 10**7)\n",
            "memory",
        ),
        ("def answer():\n    return len(b'x' * 10**11)\n", "MemoryError"),
        (
            "import os, time\ndef answer():\n    for _ in range(200):\n"
            "        if os.fork() == 0:\n            time.sleep(60)\n    time.sleep(60)\n",
            "processes",
        ),
        (
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\n",
            "Your exercise",
        ),
    ],
)
def test_what_an_exercise_takes_is_bounded(lesson: Lesson, exercise: str, sentence: str) -> None:
    """Memory and processes have a bound, and what passes it is told."""
    report = judged(lesson, exercise)

    assert not report.passed
    assert sentence in report.sentence


def test_process_in_a_session_of_its_own_is_ended_too(lesson: Lesson) -> None:
    """A double fork into another session does not get away."""
    left = lesson.folder / "pid"
    judged(
        lesson,
        "import os, time, pathlib\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        pathlib.Path({str(left)!r}).write_text(str(os.getpid()))\n"
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(left)!r}):\n    pass\n"
        "def answer(): return 42\n",
    )

    assert not Path(f"/proc/{left.read_text()}").exists()


def test_result_that_the_check_cannot_use_is_the_exercises_fault(lesson: Lesson) -> None:
    """Where the solution gets past the check, what stopped the check came from the exercise."""
    lesson.check.write_text(CHECK.replace("exercise.answer() != 42", "exercise.answer()[0] != 42"))
    lesson.solution.write_text("def answer(): return [42]\n")

    sentence = judged(lesson, "def answer(): return None\n").sentence

    assert "could not use what your exercise gave it" in sentence
    assert "NoneType" in sentence
