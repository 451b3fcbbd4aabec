"""An exercise that is a program is judged from outside, and nothing of it is left."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from conformance.timing import TICK
from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import Lesson


CHECK = """
from pathlib import Path

from hubbub.learning.programs import Program
from hubbub.learning.promises import promise

FURTHER = "There is more."


def program(path):
    return Program(path, beside=Path(__file__).parent)


@promise("lesson.starts", "It starts.")
def starts(server, seed):
    server.starts()


def echo(server):
    import socket

    with socket.create_connection(server.tcp, 5) as sock:
        sock.sendall(b"hello")
        assert sock.recv(5) == b"hello", "it did not say hello"


@promise("lesson.echo", "It says what it heard.")
def echoes(server, seed):
    server.put_to(echo, "It is no echo.")
"""
HEAD = """
import os, signal, socket, subprocess, sys, time

host, _, port = sys.argv[sys.argv.index("--tcp") + 1].rpartition(":")
"""
LISTENS = HEAD + "door = socket.create_server((host, int(port)))\n"
ECHO = (
    LISTENS
    + """
while True:
    client, _ = door.accept()
    while data := client.recv(100):
        client.sendall(data)
    client.close()
"""
)
GONE_WITHIN_S = 100 * TICK


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A lesson whose exercise is a program."""
    folder = tmp_path / "42_echo"
    folder.mkdir()
    (folder / "check.py").write_text(CHECK)
    return Lesson(folder)


def judged(lesson: Lesson, exercise: str) -> Report:
    """Judge a text."""
    lesson.exercise.write_text(exercise)
    return judge(lesson)


def test_good_program_passes_and_more_is_pointed_to(lesson: Lesson) -> None:
    """A program that keeps what is asked at its door passes; where to go on is said."""
    report = judged(lesson, ECHO)

    assert report.passed, report.sentence
    assert report.further == "There is more."


def test_program_may_be_silent_or_talkative(lesson: Lesson) -> None:
    """What it prints is nobody's business, whether it says that it is ready or does not."""
    report = judged(lesson, f"print('garbage' * 10_000)\n{ECHO}")

    assert report.passed, report.sentence


@pytest.mark.parametrize(
    ("exercise", "sentence"),
    [
        ("def broken(:\n", "Python cannot read line 1"),
        ("import sys\nsys.exit(3)\n", "ended before its door was open, with exit code 3"),
        ("nonsense\n", "NameError: name 'nonsense' is not defined, at line 1, `nonsense`"),
        ("import time\ntime.sleep(1000)\n", "nobody answers at its door"),
        (LISTENS + "door.accept()\ndoor.accept()\nos._exit(7)\n", "with exit code 7"),
        (ECHO.replace("sendall(data)", "sendall(b'never')"), "It is no echo."),
    ],
    ids=["syntax", "exits", "crashes", "hangs", "dies of its first client", "wrong"],
)
def test_program_is_told_what_is_wrong(lesson: Lesson, exercise: str, sentence: str) -> None:
    """Whatever it does, it gets a sentence that names it."""
    report = judged(lesson, exercise)

    assert not report.passed
    assert sentence in report.sentence


def test_nothing_of_a_program_is_left(lesson: Lesson, tmp_path: Path) -> None:
    """Neither it nor what it started goes on, though it does not listen to a signal."""
    note = tmp_path / "pids"
    stubborn = f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
with open({str(note)!r}, "a") as file:
    file.write(f"{{os.getpid()}} {{child.pid}} ")
"""
    report = judged(lesson, ECHO.replace(HEAD, HEAD + stubborn))

    assert report.passed, report.sentence
    pids = [int(pid) for pid in re.findall(r"\d+", note.read_text())]
    assert pids
    deadline = time.monotonic() + GONE_WITHIN_S
    while any(runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(TICK / 10)
    assert [pid for pid in pids if runs(pid)] == []


def runs(pid: int) -> bool:
    """Tell whether a process runs: one that has ended, and that nobody waits for, does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # no /proc
        return True
