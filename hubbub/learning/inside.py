"""Judge one exercise, in a process of its own: ``python -m hubbub.learning.inside``.

Two processes: the first watches and sweeps, the second judges. The second writes one JSON object
per line to the descriptor that it is given: what it begins, then how that ended. So the process
that started it knows where it was if it never comes back.

Invariants:
  1. Whatever can be said of the exercise's fault is said as a sentence; what the check alone
     raised is reported as it is, and `judge` finds out whose fault it was.
  2. Only the judging process writes records: a copy of it that the exercise forks ends instead.
  3. When the first process ends, nothing is left of what the exercise started (on Linux).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import ctypes
import faulthandler
import fcntl
import gc
import importlib.util
import json
import os
import re
import resource
import signal
import sys
import time
import tokenize
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from hubbub.learning import controlled
from hubbub.learning.descendants import end_descendants
from hubbub.learning.interface import Call, calls_of, compare, guard, shared_state, similar
from hubbub.learning.promises import Broken, Promise, promises_of
from hubbub.learning.schedule import Crashed, Endless, Stuck, told_waits
from hubbub.learning.tasks import AllWait, TooLong


__all__ = ["main"]

MOST_MEMORY_BYTES = 3 << 30  # of addresses; what is really used is watched from outside
MOST_FILE_BYTES = 256 << 20
SEEDS_TO_LEARN = 6
_TELL_EVERY_S = 0.5
_FAR_DESCRIPTOR = 200  # behind what an exercise may close that closes "all" descriptors
# Some editors write a byte order mark, and it moves when something is put in front of the text.
_MARK_AT_START = re.compile(rb"^\xef\xbb\xbf", re.MULTILINE)
_SAVE_AS_UTF8 = "It is not saved as UTF-8, perhaps as UTF-16: save it as UTF-8."
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


class _Finding(Exception):
    """What is to be said of the exercise as a whole."""


class _Writer:
    """Writes records for the one process that made it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pid = os.getpid()

    def __call__(self, **record: Any) -> None:
        if os.getpid() != self._pid:  # the exercise forked, and this is the copy
            os._exit(0)
        os.write(self._descriptor, json.dumps(record).encode() + b"\n")


def main() -> None:
    """Judge, and end the process at once: no thread of the exercise keeps it."""
    # From here on no bytecode, here and in programs that are started: the next look must see what
    # was just saved, and leave no traces in the lessons. The modules above are compiled once.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    parser = argparse.ArgumentParser()
    parser.add_argument("check", type=Path)
    parser.add_argument("exercise", type=Path)
    parser.add_argument("descriptor", type=int)
    parser.add_argument("stack", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", type=int, help="the one promise to look at")
    arguments = parser.parse_args()
    _become_the_judge(arguments.descriptor)
    faulthandler.register(signal.SIGUSR1, file=arguments.stack, all_threads=True)
    # A thread that is in the turn of a schedule that is over may die after the interpreter.
    sys.unraisablehook = lambda _: None
    with contextlib.suppress(OSError, ValueError):
        far = fcntl.fcntl(arguments.descriptor, fcntl.F_DUPFD_CLOEXEC, _FAR_DESCRIPTOR)
        os.close(arguments.descriptor)
        arguments.descriptor = far
    write = _Writer(arguments.descriptor)
    _bound_memory()
    try:
        _judge(arguments, write)
    except _Finding as finding:
        write(finding=str(finding), detail=getattr(finding, "__notes__", [""])[0])
    except BaseException as error:
        write(fault=traceback.format_exc(), raised=_named(error))
    write(done=True)
    os._exit(0)


def _become_the_judge(descriptor: int) -> None:
    """Return in a child alone. The parent waits for it, and ends all that the child leaves."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    judging = os.fork()
    if not judging:
        return
    write = _Writer(descriptor)
    write(judging=judging)
    ended = 0
    while ended != judging:
        ended, status = os.wait()
    end_descendants(os.getpid())
    code = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(OSError):  # the reader may have gone
        write(code=code)
    os._exit(0)


def _bound_memory() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
    ):
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(what)[1]
            resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


def _judge(arguments: argparse.Namespace, write: _Writer) -> None:
    source = _parsed(arguments.exercise)
    is_program = _is_of_programs(arguments.check)
    if not is_program:
        # By its name, which the schedules know it by, and not by the path of some machine.
        controlled.install()
    check = _load(arguments.check, "check")
    promises = promises_of(check)
    write(promises=[[promise.rule, promise.claim] for promise in promises])
    write(loads=True, program=is_program, further=getattr(check, "FURTHER", ""))
    exercise: Any
    calls: list[Call] = []
    if is_program:
        exercise = check.program(arguments.exercise)
    else:
        _watch_coroutines()
        sys.breakpointhook = _refuse_to_stop
        exercise = _loaded(arguments.exercise, source)
        calls = calls_of(getattr(check, "INTERFACE", ""))
        try:
            compare(exercise, calls, "\n".join(_lines(arguments.exercise)))
        except Broken as broken:
            raise _Finding(broken.sentence) from None
        guard(exercise, calls)
    write(loaded=True)
    told_s = time.perf_counter()
    for number, promise in enumerate(promises):
        if arguments.only not in (None, number):
            continue
        write(begins=number)
        seeds = range(promise.seeds)
        if arguments.seed is not None and promise.seeds > 1:
            seeds = range(arguments.seed, arguments.seed + 1)
            _learn_the_waits(promise, exercise, arguments)
        for seed in seeds:
            if time.perf_counter() - told_s > _TELL_EVERY_S:  # that the check gets on
                told_s = time.perf_counter()
                write(seed_now=seed)
            found = _put_to_the_test(promise, exercise, seed, arguments.exercise)
            if controlled.complaints:  # the exercise may have caught it
                found = Broken(controlled.complaints[0])
            if found is not None:
                shown = seed if promise.seeds > 1 else None
                cause = _forgotten(arguments.exercise, found) or shared_state(exercise, calls)
                sentence = _capital(f"{cause} {found.sentence}".strip())
                write(broken=number, seed=shown, **_record(found) | {"sentence": sentence})
                return
        write(kept=number, seeds=len(seeds))


def _learn_the_waits(promise: Promise, exercise: ModuleType, arguments: argparse.Namespace) -> None:
    """Play the first seeds without a verdict: they show which waits are sleeps (see `schedule`)."""
    for seed in range(min(arguments.seed, SEEDS_TO_LEARN)):
        _put_to_the_test(promise, exercise, seed, arguments.exercise)
    controlled.complaints.clear()


def _is_of_programs(check: Path) -> bool:
    """Tell whether a check has a function ``program``, and so judges programs from outside.

    It is given the exercise's path, and what it returns is given to the promises.
    """
    body = ast.parse(check.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "program" for node in body)


def _parsed(path: Path) -> bytes:
    """Return the source, as bytes: Python itself knows of marks and declared encodings."""
    try:
        source = re.sub(_MARK_AT_START, rb"", path.read_bytes())
        with tokenize.open(path) as file:  # a comment too must be of the encoding
            file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source, str(path))
    except SyntaxError as error:
        line = (error.text or "").rstrip()
        at = f"line {error.lineno} of your exercise" if error.lineno else "your exercise"
        told = _Finding(f"Python cannot read {at}: {error.msg}.")
        caret = " " * max(0, (error.offset or 1) - 1) + "^"
        told.add_note(f"{line}\n{caret}" if line else "")
        if "null bytes" in error.msg:
            told = _Finding(f"{told} {_SAVE_AS_UTF8}")
        if "encoding" in error.msg and not error.lineno:
            why = error.msg.replace(f" for {str(path)!r}", "")
            told = _Finding(f"Python cannot read your exercise: {why}. {_SAVE_AS_UTF8}")
        raise told from None
    except (MemoryError, RecursionError):
        raise _Finding("Python cannot read your exercise: it is nested too deeply.") from None
    except UnicodeDecodeError as error:
        raise _Finding(f"Your exercise cannot be read: {error}. {_SAVE_AS_UTF8}") from None
    except (OSError, ValueError) as error:
        more = ""
        if "null bytes" in str(error):
            more = f" {_SAVE_AS_UTF8}"
        raise _Finding(f"Your exercise cannot be read: {error}.{more}") from None
    return source


def _loaded(path: Path, source: bytes) -> ModuleType:
    module = ModuleType("exercise")
    module.__file__ = str(path)
    sys.modules["exercise"] = module  # dataclasses look for it there
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except SystemExit as error:
        raise _Finding(
            f"Your exercise ends the program while it is being loaded{_at(error, path)}; "
            "take the exit() out."
        ) from None
    except Stuck as stuck:
        what = stuck.waiting[0][1]
        raise _Finding(
            f"Your exercise waits for {what} while it is being loaded{_at(stuck, path)}: nothing "
            "can end that wait. Take it out."
        ) from None
    except BaseException as error:
        told = _Finding(f"Your exercise cannot be loaded: {_named(error)}{_at(error, path)}.")
        told.add_note(_short_traceback(error, path))
        raise told from None
    return module


def _put_to_the_test(
    promise: Promise, exercise: ModuleType, seed: int, path: Path
) -> Broken | None:
    try:
        promise.test(exercise, seed)
    except Broken as broken:
        return broken
    except Stuck as stuck:
        return Broken(told_waits(stuck.waiting))
    except Endless as endless:
        at = f", at {endless.place}" if endless.place else ""
        return Broken(f"{_capital(endless.who)} never terminates: it runs in circles{at}.")
    except Crashed as crashed:
        if isinstance(crashed.error, Broken):
            return crashed.error
        at = f", at {crashed.place}" if crashed.place else ""
        if isinstance(crashed.error, SystemExit):
            return Broken(f"Your exercise ends the program{at}; take the exit() out.")
        return Broken(
            f"{_capital(crashed.who)} died of {_named(crashed.error)}{at}.{_why(crashed.error)}",
            detail=_short_traceback(crashed.error, path),
        )
    except AllWait as deadlock:
        return Broken(
            f"Deadlock: every task waits, and no task is left that could wake one. {deadlock}"
        )
    except TooLong:
        return Broken("The tasks never terminate: they run in circles.")
    except SystemExit as error:
        return Broken(f"Your exercise ends the program{_at(error, path)}; take the exit() out.")
    except NotImplementedError as error:
        return Broken(f"There is something still to be written{_at(error, path)}.")
    except BaseException as error:
        if not _at(error, path):
            if isinstance(error, AttributeError) and error.obj is exercise:
                return Broken(f"Your exercise has no {error.name}; the check looks for it.")
            if said := _of_no_line(error, exercise):
                return Broken(said)
            raise
        return Broken(
            f"Your code died of {_named(error)}{_at(error, path)}.{_why(error)}",
            detail=_short_traceback(error, path),
        )
    return None


def _of_no_line(error: BaseException, exercise: ModuleType) -> str:
    """Return what is wrong with an exercise when no line of it is in the traceback."""
    text = str(error)
    if isinstance(error, AttributeError) and type(error.obj).__module__ == exercise.__name__:
        kind = type(error.obj).__name__
        return f"Your {kind} has no {error.name}; the check looks for it.{_why(error)}"
    if isinstance(error, TypeError) and "__init__() should return None" in text:
        return f"Your __init__ returns something ({text}): take the `return` out."
    if isinstance(error, TypeError) and "abstract" in text:
        return f"{text}: write each method that is abstract."
    return ""


def _record(broken: Broken) -> dict[str, Any]:
    text = svg = ""
    if broken.violation is not None:
        from conformance.diagram import as_svg, as_text

        # The drawing's first paragraph says once more which rule, and why.
        drawn = as_text(broken.violation.witness, broken.violation)
        text = drawn.partition("\n\n")[2]
        svg = as_svg(broken.violation.witness, broken.violation)
    return {"sentence": broken.sentence, "detail": broken.detail, "text": text, "svg": svg}


def _why(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, NotImplementedError):
        return " That is still to be written."
    if isinstance(error, RuntimeError) and "changed size during iteration" in text:
        return " The map changed while this loop walked it: walk a copy, or change it afterwards."
    if isinstance(error, RuntimeError) and "unlocked lock" in text:
        return " It releases a lock that it does not hold."
    if isinstance(error, RecursionError):
        return " The function calls itself, and nothing ends that."
    if isinstance(error, EOFError) and "reading a line" in text:
        return " Nobody is there to answer input(): take it out."
    if isinstance(error, MemoryError):
        return " It asks for more memory than a check may have."
    if isinstance(error, AttributeError | NameError) and error.name:
        return _meant(error)
    return ""


def _meant(error: AttributeError | NameError) -> str:
    """Return which name may have been meant, as a sentence."""
    thing = getattr(error, "obj", None)
    known = dir(thing) if isinstance(error, AttributeError) else list(_local_names(error))
    found = similar(error.name or "", known)
    return f" Did you mean {found}?" if found else ""


def _local_names(error: BaseException) -> Iterator[str]:
    tb = error.__traceback__
    while tb is not None:
        if tb.tb_next is None:
            yield from (*tb.tb_frame.f_locals, *tb.tb_frame.f_globals)
        tb = tb.tb_next


def _named(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}{f' ({text})' if text else ''}"


def _at(error: BaseException, path: Path) -> str:
    """Return the innermost line of the exercise that an error went through, in words."""
    frames = list(_frames(error.__traceback__, path))
    if not frames:
        return ""
    line = frames[-1].tb_lineno
    return f", at line {line}, `{_line(path, line)}`"


def _frames(tb: TracebackType | None, path: Path) -> Iterator[TracebackType]:
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == str(path):
            yield tb
        tb = tb.tb_next


def _short_traceback(error: BaseException, path: Path) -> str:
    """Return the calls inside the exercise, by line, and the error."""
    calls = [
        f"  line {tb.tb_lineno}, in {tb.tb_frame.f_code.co_name}: {_line(path, tb.tb_lineno)}"
        for tb in _frames(error.__traceback__, path)
    ]
    if len(calls) > 12:  # a recursion
        calls = [*calls[:6], "  ...", *calls[-4:]]
    return "\n".join([*calls, f"{type(error).__name__}: {error}"])


def _line(path: Path, number: int) -> str:
    lines = _lines(path)
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _lines(path: Path) -> list[str]:
    try:
        with tokenize.open(path) as file:
            return file.read().splitlines()
    except (OSError, SyntaxError, ValueError):
        return path.read_text(encoding="latin-1").splitlines()


_never_awaited: list[tuple[str, str, int]] = []  # what, in which file and line it was called


def _refuse_to_stop(*_: Any, **__: Any) -> None:
    raise Broken("There is a breakpoint() in your exercise, and nobody to answer it: take it out.")


def _watch_coroutines() -> None:
    """Note each coroutine that nobody awaits: Python says so only on standard error."""
    sys.set_coroutine_origin_tracking_depth(1)

    def note(coroutine: Any) -> None:
        origin = coroutine.cr_origin or (("", 0, ""),)
        _never_awaited.append((coroutine.__qualname__, origin[0][0], origin[0][1]))

    vars(warnings)["_warn_unawaited_coroutine"] = note


def _forgotten(path: Path, found: Broken) -> str:
    """Return which coroutine the exercise called without await, as a sentence.

    One that an error on its own line kept from being awaited is not forgotten.
    """
    if not _never_awaited:
        gc.collect()
    for what, file, line in _never_awaited:
        if file == str(path) and f"at line {line}, " not in found.sentence:
            name = what.rpartition(".")[2]
            return (
                f"Line {line}, `{_line(path, line)}`, calls {name} and does not await it: {name} "
                "is an `async def`, so nothing of it runs."
            )
    return ""


def _capital(text: str) -> str:
    return text if not text.startswith(("the ", "your ")) else text[0].upper() + text[1:]


def _load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
