"""Judge one exercise, in a process of its own: ``python -m hubbub.learning.inside``.

It writes one JSON object a line to the descriptor it is given: what it is about to do, then how
that ended. So whoever started it knows where it was if it never comes back.

Invariant: everything that can be told of the exercise's fault is told as a sentence; what is
raised by the check alone is told as the check's own fault.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import faulthandler
import importlib.util
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from hubbub.learning import controlled
from hubbub.learning.promises import Broken, Promise, promises_of
from hubbub.learning.schedule import Crashed, Endless, Stuck
from hubbub.learning.tasks import AllWait, TooLong


__all__ = ["main"]


class _Finding(Exception):
    """What is to be said of the exercise as a whole."""


class _Writer:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, **record: Any) -> None:
        os.write(self._descriptor, json.dumps(record).encode() + b"\n")


def main() -> None:
    """Judge, and end the process at once: no thread of the exercise keeps it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("check", type=Path)
    parser.add_argument("exercise", type=Path)
    parser.add_argument("descriptor", type=int)
    parser.add_argument("stack", type=int)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    faulthandler.register(signal.SIGUSR1, file=arguments.stack, all_threads=True)
    # A thread that is in the turn of a schedule that is over may die after the interpreter.
    sys.unraisablehook = lambda _: None
    write = _Writer(arguments.descriptor)
    try:
        _judge(arguments, write)
    except _Finding as finding:
        write(finding=str(finding), detail=getattr(finding, "__notes__", [""])[0])
    except BaseException:
        write(fault=traceback.format_exc())
    write(done=True)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(0)


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
    if is_program:
        exercise = check.program(arguments.exercise)
    else:
        exercise = _loaded(arguments.exercise, source)
    for number, promise in enumerate(promises):
        write(begins=number)
        seeds = range(promise.seeds)
        if arguments.seed is not None and promise.seeds > 1:
            seeds = range(arguments.seed, arguments.seed + 1)
        for seed in seeds:
            broken = _put_to_the_test(promise, exercise, seed, arguments.exercise)
            if broken is not None:
                shown = seed if promise.seeds > 1 else None
                write(broken=number, seed=shown, **_record(broken))
                return
        write(kept=number, seeds=len(seeds))


def _is_of_programs(check: Path) -> bool:
    """Tell whether a check has a function ``program``, and so judges programs from outside.

    It is given the exercise's path, and what it returns is given to the promises.
    """
    body = ast.parse(check.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "program" for node in body)


def _parsed(path: Path) -> str:
    try:
        source = path.read_text(encoding="utf-8")
        ast.parse(source, str(path))
    except SyntaxError as error:
        line = (error.text or "").rstrip()
        told = _Finding(f"Python cannot read line {error.lineno} of your exercise: {error.msg}.")
        caret = " " * max(0, (error.offset or 1) - 1) + "^"
        told.add_note(f"{line}\n{caret}" if line else "")
        raise told from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise _Finding(f"Your exercise cannot be read: {error}.") from None
    return source


def _loaded(path: Path, source: str) -> ModuleType:
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
        return Broken(_stuck_sentence(stuck))
    except Endless as endless:
        return Broken(
            f"{_capital(endless.who)} goes round and round and makes no end, at {endless.place}."
        )
    except Crashed as crashed:
        at = f", at {crashed.place}" if crashed.place else ""
        if isinstance(crashed.error, SystemExit):
            return Broken(f"Your exercise ends the program{at}; take the exit() out.")
        return Broken(
            f"{_capital(crashed.who)} died of {_named(crashed.error)}{at}.{_why(crashed.error)}",
            detail=_short_traceback(crashed.error, path),
        )
    except AllWait:
        return Broken("All tasks wait, each for another, and nobody will ever wake one.")
    except TooLong:
        return Broken("The tasks go round and round and make no end.")
    except SystemExit as error:
        return Broken(f"Your exercise ends the program{_at(error, path)}; take the exit() out.")
    except NotImplementedError as error:
        return Broken(f"There is something still to be written{_at(error, path)}.")
    except BaseException as error:
        if not _at(error, path):
            if isinstance(error, AttributeError) and error.obj is exercise:
                return Broken(f"Your exercise has no {error.name}; the check looks for it.")
            raise
        return Broken(
            f"Your code died of {_named(error)}{_at(error, path)}.{_why(error)}",
            detail=_short_traceback(error, path),
        )
    return None


def _record(broken: Broken) -> dict[str, Any]:
    text = svg = ""
    if broken.violation is not None:
        from conformance.diagram import as_svg, as_text

        # The drawing's first paragraph says once more which rule, and why.
        drawn = as_text(broken.violation.witness, broken.violation)
        text = drawn.partition("\n\n")[2]
        svg = as_svg(broken.violation.witness, broken.violation)
    return {"sentence": broken.sentence, "detail": broken.detail, "text": text, "svg": svg}


def _stuck_sentence(stuck: Stuck) -> str:
    told = [
        f"{who} waits for {what}{f' ({place})' if place else ''}"
        for who, what, place in stuck.waiting[:3]
    ]
    return f"{_capital('; '.join(told))}: nobody can go on."


def _why(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, NotImplementedError):
        return " That is still to be written."
    if isinstance(error, RuntimeError) and "changed size during iteration" in text:
        return " Somebody changed the map while somebody else was walking it."
    if isinstance(error, RuntimeError) and "unlocked lock" in text:
        return " It lets a lock go that it has not taken."
    return ""


def _named(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}{f' ({text})' if text else ''}"


def _at(error: BaseException, path: Path) -> str:
    """Return the innermost line of the exercise that an error went through, in words."""
    frames = list(_frames(error.__traceback__, path))
    if not frames:
        return ""
    line = frames[-1].tb_lineno
    code = path.read_text(encoding="utf-8").splitlines()[line - 1].strip()
    return f", at line {line}, `{code}`"


def _frames(tb: TracebackType | None, path: Path) -> Iterator[TracebackType]:
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == str(path):
            yield tb
        tb = tb.tb_next


def _short_traceback(error: BaseException, path: Path) -> str:
    """Return the calls inside the exercise, by line, and the error."""
    lines = path.read_text(encoding="utf-8").splitlines()
    calls = [
        f"  line {tb.tb_lineno}, in {tb.tb_frame.f_code.co_name}: {lines[tb.tb_lineno - 1].strip()}"
        for tb in _frames(error.__traceback__, path)
    ]
    return "\n".join([*calls, f"{type(error).__name__}: {error}"])


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
