"""Start the process that judges an exercise, follow it, and end it whatever it does.

Invariants:
  1. `judge` returns soon: within `MOST_S` where the machine is not busy, and nothing of what it
     started is left.
  2. It runs nothing of the exercise itself.
  3. What the exercise prints is read and dropped, save its end: it fills no disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import select
import shlex
import signal
import subprocess
import tempfile
import time
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from conformance.guard import guard, release
from conformance.python import module_command
from hubbub.learning.descendants import descendants, end_descendants, memory_bytes
from hubbub.learning.lessons import Lesson


__all__ = ["STARTED", "Report", "judge", "pasted", "tick_s"]

# A run that is not stuck takes a second. What counts is its own time, for a machine may be busy.
CPU_S = 3.5
IDLE_S = 2.5  # without having used any of its own time: it waits for what never comes
MOST_S = 8.0  # whatever it does; longer on a busy machine, while the check still gets on
MOST_PROGRAM_S = 9.3  # for a program, whose tests wait by deadlines of the suite's
NEWS_S = 1.5  # without a word from the check, when that time has passed
MOST_PATIENCE = 3.0  # times as long without a word, on a busy machine
MOST_MEMORY_BYTES = 768 << 20
MOST_PROCESSES = 40
EXERCISE = "EXERCISE.py"  # in a check's FURTHER: the path of the exercise, as one can paste it
STARTED = "started"  # a folder where a judge runs: a file for each process group of it that runs
_TICK_S = 0.04  # the suite's unit of time, on an idle machine, where a rule is judged by it
_BUSIEST = 5.0  # times as long, and no longer
_LOOK_EVERY_S = 0.1
_LAST_WORDS_CHARACTERS = 600
_PIPE_BYTES = 1 << 20
_SWEEP_S = 1.0  # that the judging process has to end what the exercise left


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


@dataclass
class _Run:
    """What is known of the judging processes.

    Attributes:
        child: the process that watches and sweeps; the exercise runs in a child of it.
        records: what they have said.
        printed: the end of what the exercise printed.
        why: why they had to be ended; empty where they ended by themselves.
        where: the line of the exercise that was running then, in words.
    """

    child: subprocess.Popen[bytes]
    records: list[dict[str, Any]] = field(default_factory=list)
    printed: bytes = b""
    why: str = ""
    where: str = ""

    @property
    def judging(self) -> int:
        """The process that runs the exercise."""
        return next((int(one["judging"]) for one in self.records if "judging" in one), 0)

    @property
    def is_program(self) -> bool:
        """The exercise is a program, and started by its tests."""
        return any(one.get("program") for one in self.records)


def judge(lesson: Lesson, *, exercise: Path | None = None, seed: int | None = None) -> Report:
    """Put an exercise to the test.

    Args:
        exercise: another file than the lesson's own.
        seed: the one seed to look at, where turns matter.
    """
    path = (exercise or lesson.exercise).absolute()
    started = time.monotonic()
    run = _judged(lesson, path, [] if seed is None else [f"--seed={seed}"])
    try:
        report = _report(run, path)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        report = Report(False, (), sentence=_NOT_ALL)  # the exercise wrote records of its own
    if "fault" in _said(run):
        report = _whose_fault(lesson, run, report)
    return replace(report, took_s=time.monotonic() - started)


def _judged(lesson: Lesson, path: Path, flags: list[str]) -> _Run:
    tick = tick_s()
    with (
        tempfile.TemporaryFile() as stack,
        tempfile.TemporaryDirectory(prefix="hubbub-", ignore_cleanup_errors=True) as folder,
    ):
        read, write = os.pipe()
        command = module_command("hubbub.learning.inside")
        command += [str(lesson.check), str(path), str(write), str(stack.fileno()), *flags]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(tick),
            pass_fds=(write, stack.fileno()),
            start_new_session=True,
        )
        guard(child.pid)
        os.close(write)
        run = _Run(child)
        assert child.stdout is not None
        with contextlib.suppress(OSError, AttributeError):  # else it is as large as it is
            fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            run.why = _follow(run, read, tick / _TICK_S)
            run.where = _where(run, stack, path) if run.why else ""
        finally:
            _end(run, read)
            os.close(read)
            child.stdout.close()
            _end_started(Path(folder))
    return run


def tick_s() -> float:
    """Return the unit of the suite's deadlines for when a person waits, in seconds.

    It is longer on a machine that is busy, and what ``TEST_TICK_S`` says where that is set.
    """
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return float(os.environ.get("TEST_TICK_S", _TICK_S * min(max(1.0, busy), _BUSIEST)))


def _environment(tick: float) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUBBUB_", "PYTEST_"))}
    return {
        **kept,
        "TEST_TICK_S": str(tick),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",  # what was printed is not lost where the process is killed
        "OPENBLAS_NUM_THREADS": "1",  # each thread of it would take addresses from the bound
    }


def _follow(run: _Run, read: int, slower: float) -> str:
    """Gather what the child says; return why it has to be ended, or nothing.

    A program may be waited for longer, by the suite's own deadlines; all may on a busy machine,
    where everything is ``slower``.
    """
    child = run.child
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    started = last_progress = last_look = last_news = time.monotonic()
    last_cpu_s = 0.0
    rest = b""
    sources = [read, child.stdout.fileno()]
    while True:
        ready, _, _ = select.select(sources, [], [], _LOOK_EVERY_S)
        now = time.monotonic()
        if child.stdout.fileno() in ready and not _drain(run):
            sources.remove(child.stdout.fileno())
        if read in ready:
            data = os.read(read, 65536)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                with contextlib.suppress(ValueError):
                    record = json.loads(line)
                    run.records += [record] if isinstance(record, dict) else []
            last_progress = last_news = now
            if not data or (run.records and "code" in run.records[-1]):
                return ""
        if now - last_look < _LOOK_EVERY_S:
            continue
        last_look = now
        if child.poll() is not None and not select.select([read], [], [], 0)[0]:
            return ""
        cpu_s = _cpu_s(run.judging or child.pid)
        if cpu_s is None:  # no /proc: only the clock is left
            cpu_s = now - started
        if cpu_s - last_cpu_s > 0.01 or _wants_to_run(child.pid):
            last_cpu_s, last_progress = cpu_s, now
        family = descendants(child.pid)
        if len(family) > MOST_PROCESSES:
            return "many"
        if sum(map(memory_bytes, family)) > MOST_MEMORY_BYTES:
            return "memory"
        if any("done" in record for record in run.records):
            if now - last_progress > _SWEEP_S:
                return ""  # it has all been said
            continue
        if cpu_s > CPU_S:
            return "endless"
        if now - last_progress > IDLE_S * (slower if run.is_program else 1.0):
            return "waits"
        took_s = now - started
        if run.is_program:
            if took_s > MOST_PROGRAM_S * slower:
                return "late"
        elif took_s > MOST_S * slower or (
            took_s > MOST_S and now - last_news > NEWS_S * min(slower, MOST_PATIENCE)
        ):
            return "endless"


def _drain(run: _Run) -> bool:
    """Read what was printed, and keep the end of it; tell whether more may come."""
    assert run.child.stdout is not None
    try:
        data = os.read(run.child.stdout.fileno(), _PIPE_BYTES)
    except BlockingIOError:
        return True
    run.printed = (run.printed + data[-_LAST_WORDS_CHARACTERS:])[-_LAST_WORDS_CHARACTERS:]
    return bool(data)


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


def _where(run: _Run, stack: IO[bytes], path: Path) -> str:
    """Return the line of the exercise that the child is at, in words; empty if it cannot tell."""
    if not run.judging or run.why in ("many", "memory"):
        return ""
    with contextlib.suppress(OSError):
        os.kill(run.judging, signal.SIGUSR1)
    for _ in range(20):
        time.sleep(0.02)
        stack.seek(0)
        dump = stack.read().decode(errors="replace")
        found = re.findall(rf'File "{re.escape(str(path))}", line (\d+)', dump)
        if found:
            return f"line {found[0]}, `{_line(path, int(found[0]))}`"
    return ""


def _line(path: Path, number: int) -> str:
    try:
        with tokenize.open(path) as file:
            return file.read().splitlines()[number - 1].strip()
    except (OSError, SyntaxError, ValueError, IndexError):
        return ""


def _end(run: _Run, read: int) -> None:
    """End the judging process; the one that watches it ends all that it left, and itself."""
    child = run.child
    if run.judging and child.poll() is None:
        if run.why:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(run.judging, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_SWEEP_S)
    end_descendants(child.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(
            child.pid, signal.SIGKILL
        )  # the group: where nobody can tell whose child is whose
    child.wait()
    release(child.pid)
    _drain(run)
    if not run.why and select.select([read], [], [], 0)[0]:
        for line in os.read(read, 65536).split(b"\n"):
            with contextlib.suppress(ValueError):
                run.records.append(json.loads(line))


def _end_started(folder: Path) -> None:
    """End what a judge that has ended may have left running: each is in a group of its own."""
    for group in (folder / STARTED).glob("*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(group.name), signal.SIGKILL)


def _said(run: _Run) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for record in run.records:
        said |= record
    return said


def _report(run: _Run, path: Path) -> Report:
    said = _said(run)
    promises = tuple((rule, claim) for rule, claim in said.get("promises", []))
    seeds = tuple(record["seeds"] for record in run.records if "kept" in record)
    shown: dict[str, Any] = {"printed": run.printed.decode(errors="replace").strip()}
    shown["further"] = said.get("further", "").replace(EXERCISE, pasted(path))
    rule = ""
    if "begins" in said and "finding" not in said:
        rule = promises[said["begins"]][0]
    if "fault" in said:
        shown["sentence"], shown["detail"] = _OUR_FAULT, said["fault"]
    elif "finding" in said:
        shown["sentence"], shown["detail"] = said["finding"], said["detail"]
    elif "broken" in said:
        shown |= {key: said[key] for key in ("sentence", "detail", "text", "svg", "seed")}
    elif run.why or "done" not in said:
        shown["sentence"] = _ending_sentence(run, said, promises)
    passed = "sentence" not in shown and len(seeds) == len(promises) and bool(promises)
    if not passed:
        shown.setdefault("sentence", _NOT_ALL)
    return Report(passed, promises, len(seeds), seeds, rule="" if passed else rule, **shown)


_NOT_ALL = "Your exercise kept the check from its work: not all that it looks at was looked at."
_OUR_FAULT = (
    "The check itself failed, which is not your fault: it fails with the shipped solution too. "
    "Please report it."
)


def _whose_fault(lesson: Lesson, run: _Run, report: Report) -> Report:
    """Blame the check only where the shipped solution does not get past it either."""
    said = _said(run)
    only = [f"--only={said['begins']}"] if "begins" in said else []
    proof = _judged(lesson, lesson.solution, only)
    solved = _said(proof)
    if {"fault", "finding", "broken"} & solved.keys() or "done" not in solved or proof.why:
        return report
    return replace(
        report,
        sentence=(
            f"The check could not use what your exercise gave it, and stopped with "
            f"{said['raised']}. What each function takes and returns stands at the top of "
            "exercise.py: compare yours with it."
        ),
        detail=_innermost(said["fault"]),
    )


def pasted(path: Path) -> str:
    """Return a path as a person in the current folder would write it, to be pasted."""
    try:
        beside = os.path.relpath(path)
    except (ValueError, OSError):  # another drive, or the current folder is gone
        beside = ""
    whole = str(path)
    return shlex.quote(beside if beside and not beside.startswith("../..") else whole)


def _innermost(fault: str) -> str:
    """Return the line of the check where a traceback ends, and the error."""
    frames = re.findall(r'File ".*check\.py", line \d+, in (\w+)\n\s+(.*)', fault)
    told = [f"  in {name} of check.py: {code}" for name, code in frames[-1:]]
    return "\n".join([*told, fault.strip().splitlines()[-1]])


def _ending_sentence(run: _Run, said: dict[str, Any], promises: tuple[tuple[str, str], ...]) -> str:
    during = "while it was being loaded" if "loaded" not in said else "while it was being judged"
    if "promises" not in said:
        during = "before it could be loaded"
    at = f", at {run.where}" if run.where else ""
    code: int = said.get("code") or run.child.returncode or 0
    if run.why == "endless":
        return f"Your exercise was still running {during}{at}. Is there a loop that never ends?"
    if run.why == "waits":
        return (
            f"Your exercise was waiting {during}{at}, for something that never comes. Is it a "
            "deadlock?"
        )
    if run.why == "late":
        rule = promises[said["begins"]][0] if "begins" in said else "the first promise"
        return (
            f"Your program was too slow: after {MOST_PROGRAM_S:g} seconds the check was still at "
            f"{rule}. Does each of its answers, or its end, take long?"
        )
    if run.why == "memory":
        return f"Your exercise took more than {MOST_MEMORY_BYTES >> 20} MiB of memory {during}."
    if run.why == "many":
        return f"Your exercise started more than {MOST_PROCESSES} processes {during}."
    if code < 0:
        name = next((s.name for s in _signals() if s == -code), f"signal {-code}")
        return f"Your exercise ended the whole process {during}, by {name}."
    return f"Your exercise ended the whole process {during}, with exit code {code}."


def _signals() -> Iterator[signal.Signals]:
    yield from signal.Signals
