"""Start the process that judges an exercise, follow it, and end it whatever it does.

Invariants:
  1. `judge` returns soon, on a busy machine within `PATIENCE_S`; nothing of the group is left.
  2. It runs nothing of the exercise itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from conformance.python import module_command
from hubbub.learning.lessons import Lesson


__all__ = ["STARTED", "Report", "judge", "tick_s"]

# A run that is not stuck takes a second. What counts is its own time, for a machine may be busy.
CPU_S = 3.5
IDLE_S = 2.5  # without having used any of its own time: it waits for what never comes
PATIENCE_S = 120.0  # however little of its time a busy machine gives it
STARTED = "started"  # a folder where a judge runs: a file for each process group of it that runs
_TICK_S = 0.04  # the suite's unit of time, on an idle machine, where a rule is judged by it
_BUSIEST = 5.0  # times as long, and no longer
_LOOK_EVERY_S = 0.1
_LAST_WORDS_CHARACTERS = 600


@dataclass(frozen=True)
class Report:
    """What the judge found.

    Attributes:
        passed: every promise is kept.
        promises: rule and claim of each.
        kept: how many are, from the first.
        seeds: how many each of those was put to the test with.
        sentence: what is wrong, for a person; empty when nothing is.
        rule: of the promise that is broken; empty when it is the exercise as a whole.
        text: the smallest history that shows it, as text; may be empty.
        svg: the same as a picture.
        seed: what replays it; None where nothing depends on it.
        detail: more, such as the calls that led to an exception.
        printed: the last of what the exercise printed.
        took_s: seconds.
        further: where to go for more than was judged here; may be empty.
    """

    passed: bool
    promises: tuple[tuple[str, str], ...]
    kept: int = 0
    seeds: tuple[int, ...] = ()
    sentence: str = ""
    rule: str = ""
    text: str = ""
    svg: str = ""
    seed: int | None = None
    detail: str = ""
    printed: str = ""
    took_s: float = 0.0
    further: str = ""


def judge(lesson: Lesson, *, exercise: Path | None = None, seed: int | None = None) -> Report:
    """Put an exercise to the test.

    Args:
        exercise: another file than the lesson's own.
        seed: the one seed to look at, where turns matter.
    """
    path = exercise or lesson.exercise
    started, tick = time.monotonic(), tick_s()
    with (
        tempfile.TemporaryFile() as printed,
        tempfile.TemporaryFile() as stack,
        tempfile.TemporaryDirectory(prefix="hubbub-") as folder,
    ):
        read, write = os.pipe()
        command = module_command("hubbub.learning.inside")
        command += [str(lesson.check), str(path), str(write), str(stack.fileno())]
        command += [f"--seed={seed}"] if seed is not None else []
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(tick),
            pass_fds=(write, stack.fileno()),
            start_new_session=True,
        )
        os.close(write)
        records: list[dict[str, Any]] = []
        try:
            ending = _follow(child, read, records, IDLE_S * tick / _TICK_S)
            where = _where(child, stack, path) if ending else ""
        finally:
            os.close(read)
            _end(child)
            _end_started(Path(folder))
        return _report(
            records,
            ending=ending,
            where=where,
            code=child.returncode,
            printed=_last_words(printed),
            took_s=time.monotonic() - started,
        )


def tick_s() -> float:
    """Return the unit of the suite's deadlines for when a person waits, in seconds.

    It is longer on a machine that is busy, and what ``TEST_TICK_S`` says where that is set.
    """
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return float(os.environ.get("TEST_TICK_S", _TICK_S * min(max(1.0, busy), _BUSIEST)))


def _environment(tick: float) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUBBUB_", "PYTEST_"))}
    # No bytecode: the next look must see what was just saved, and leave no traces in the lessons.
    return {
        **kept,
        "TEST_TICK_S": str(tick),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def _follow(
    child: subprocess.Popen[bytes], read: int, records: list[dict[str, Any]], program_idle_s: float
) -> str:
    """Gather what the child says; return why it had to be ended, or nothing.

    A program may be waited for longer: for ``program_idle_s``, by the suite's own deadlines.
    """
    started = last_progress = time.monotonic()
    last_cpu_s = 0.0
    rest = b""
    while True:
        ready, _, _ = select.select([read], [], [], _LOOK_EVERY_S)
        now = time.monotonic()
        if ready:
            data = os.read(read, 65536)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                with contextlib.suppress(ValueError):
                    records.append(json.loads(line))
            last_progress = now
            if not data or (records and "done" in records[-1]):
                return ""
            continue
        if child.poll() is not None and not select.select([read], [], [], 0)[0]:
            return ""
        cpu_s = _cpu_s(child.pid)
        if cpu_s is None:  # no /proc: only the clock is left
            cpu_s = now - started
        if cpu_s - last_cpu_s > 0.01 or _wants_to_run(child.pid):
            last_cpu_s, last_progress = cpu_s, now
        if cpu_s > CPU_S:
            return "endless"
        is_program = any(record.get("program") for record in records)
        if now - last_progress > (program_idle_s if is_program else IDLE_S):
            return "waits"
        if now - started > PATIENCE_S:
            return "endless"


def _cpu_s(pid: int) -> float | None:
    """Return the time that a process has used, in seconds; None where that cannot be seen."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wants_to_run(pid: int) -> bool:
    """Tell whether a process, or one it started, would run if it could.

    A busy machine is no deadlock.
    """
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            if (task / "stat").read_text().rpartition(")")[2].split()[0] in "RD":
                return True
            if any(_wants_to_run(int(child)) for child in (task / "children").read_text().split()):
                return True
    return False


def _where(child: subprocess.Popen[bytes], stack: IO[bytes], path: Path) -> str:
    """Return the line of the exercise that the child is at, in words; empty if it cannot tell."""
    with contextlib.suppress(OSError):
        child.send_signal(signal.SIGUSR1)
    for _ in range(20):
        time.sleep(0.02)
        stack.seek(0)
        dump = stack.read().decode(errors="replace")
        found = re.findall(rf'File "{re.escape(str(path))}", line (\d+)', dump)
        if found:
            line = int(found[0])
            code = path.read_text(encoding="utf-8").splitlines()[line - 1].strip()
            return f"line {line}, `{code}`"
    return ""


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # the group: it may have started others
    child.wait()


def _end_started(folder: Path) -> None:
    """End what a judge that has ended may have left running: each is in a group of its own."""
    for group in (folder / STARTED).glob("*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(group.name), signal.SIGKILL)


def _last_words(printed: IO[bytes]) -> str:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - _LAST_WORDS_CHARACTERS))
    return printed.read().decode(errors="replace").strip()


def _report(
    records: list[dict[str, Any]],
    *,
    ending: str,
    where: str,
    code: int,
    printed: str,
    took_s: float,
) -> Report:
    said: dict[str, Any] = {}
    for record in records:
        said |= record
    promises = tuple((rule, claim) for rule, claim in said.get("promises", []))
    seeds = tuple(record["seeds"] for record in records if "kept" in record)
    shown: dict[str, Any] = {"printed": printed, "took_s": took_s}
    shown["further"] = said.get("further", "")
    rule = ""
    if "begins" in said and "finding" not in said:
        rule = promises[said["begins"]][0]
    if "fault" in said:
        shown["sentence"] = "The check itself failed, which is not your fault: please report it."
        shown["detail"] = said["fault"]
    elif "finding" in said:
        shown["sentence"], shown["detail"] = said["finding"], said["detail"]
    elif "broken" in said:
        shown |= {key: said[key] for key in ("sentence", "detail", "text", "svg", "seed")}
    elif ending or "done" not in said:
        shown["sentence"] = _ending_sentence(said, promises, ending, where, code)
    passed = "sentence" not in shown and len(seeds) == len(promises) and bool(promises)
    return Report(passed, promises, len(seeds), seeds, rule="" if passed else rule, **shown)


def _ending_sentence(
    said: dict[str, Any],
    promises: tuple[tuple[str, str], ...],
    ending: str,
    where: str,
    code: int,
) -> str:
    during = "while it was being loaded" if "begins" not in said else "while it was being judged"
    if "promises" not in said:
        during = "before it could be loaded"
    at = f", at {where}" if where else ""
    if ending == "endless":
        return f"Your exercise was still running {during}{at}: a loop that has no end?"
    if ending == "waits":
        return f"Your exercise was waiting {during}{at}, for what never comes: a deadlock?"
    if code < 0:
        name = next((s.name for s in _signals() if s == -code), f"signal {-code}")
        return f"Your exercise ended the whole process {during}, by {name}."
    return f"Your exercise ended the whole process {during}, with exit code {code}."


def _signals() -> Iterator[signal.Signals]:
    yield from signal.Signals
