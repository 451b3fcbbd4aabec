"""Python loads this as it starts a program that is judged, and two things show that hid before.

A task that waits without ``await``, in ``time.sleep`` or in another call that blocks, keeps all
other tasks from running; so does one that computes for long. From outside that is only a slow
server; here it is one line on standard error, with the place, and the program goes on.

asyncio runs tasks that are ready first in, first out. That order is no promise, and it hides what
goes wrong under another one: here the tasks that are ready take their turns in a drawn order.
Callbacks that are no tasks, such as a transport's, stay where they are.

A server with Nagle's algorithm needs 40 ms for each short answer, which is no fault. It is
turned off, so that a learner need not wait for it a hundred times.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


_LONG_S = 0.025  # of the processor's time, in one step of a task
_OFTEN = 4  # one may be an import

_ASYNCIO = os.path.dirname(asyncio.__file__)
_order = random.Random(1)
_accept = socket.socket.accept
_run_once = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]
_run = asyncio.Handle._run
_select = select.select


def _tells(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, which says it where it is called while a loop runs in its thread."""

    def told(*given: Any, **named: Any) -> Any:
        waits = 0 not in given and named.get("timeout") != 0  # else it only looks
        if waits and asyncio._get_running_loop() is not None:
            _say(what, _line())
        return function(*given, **named)

    return told


def _select_told(*given: Any) -> Any:
    if asyncio._get_running_loop() is not None and given[3:] != (0,):
        _say("select.select()", _line())
    return _select(*given)


def _line() -> int:
    """Return the line of the program that called, 0 where it is not the program that waits."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != sys.argv[0]:
        starts = frame.f_code is threading.Thread.start.__code__  # waits until it has begun
        if starts or frame.f_code.co_filename.startswith(_ASYNCIO):
            return 0
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0


def _say(what: str, line: int) -> None:
    if line:
        print(
            f"hubbub: {what} blocks the loop, at line {line} of {sys.argv[0]}",
            file=sys.stderr,
            flush=True,
        )


_long: list[float] = []  # steps that computed for long, in seconds


def _run_watched(handle: Any) -> None:
    began_s = time.thread_time()
    _run(handle)
    used_s = time.thread_time() - began_s
    if used_s > _LONG_S and _is_task(handle):
        _long.append(used_s)
        if len(_long) == _OFTEN:
            what = f"A task that computed for {1000 * used_s:.0f} ms before it came to this line"
            with contextlib.suppress(Exception):  # a fault of ours may not end the program
                _say(what, _stands_at(handle._callback.__self__.get_coro()))


def _stands_at(coroutine: Any) -> int:
    """Return the line of the program at which a coroutine waits, or where it begins."""
    line = 0
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None)
        frame = getattr(coroutine, "cr_frame", None)
        if code is not None and code.co_filename == sys.argv[0]:
            line = frame.f_lineno if frame is not None else code.co_firstlineno
        coroutine = getattr(coroutine, "cr_await", None)
    return line


def _is_task(handle: Any) -> bool:
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    return isinstance(owner, asyncio.Task) or type(callback).__name__ == "TaskStepMethWrapper"


def _run_once_drawn(loop: Any) -> None:
    ready = loop._ready
    places = [place for place, handle in enumerate(ready) if _is_task(handle)]
    if len(places) > 1:
        for place, handle in zip(
            places, _order.sample([ready[place] for place in places], len(places)), strict=True
        ):
            ready[place] = handle
    _run_once(loop)


def _accept_without_nagle(listener: socket.socket) -> tuple[socket.socket, Any]:
    accepted, address = _accept(listener)
    with contextlib.suppress(OSError):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return accepted, address


for _where, _name, _what in (
    (time, "sleep", "time.sleep"),
    (os, "system", "os.system"),
    (subprocess.Popen, "wait", "Waiting for a process"),
    (subprocess.Popen, "communicate", "Waiting for a process"),
    (threading.Condition, "wait", "Waiting for a thread"),
    (threading.Thread, "join", "Waiting for a thread"),
):
    setattr(_where, _name, _tells(_what, getattr(_where, _name)))
vars(select)["select"] = _select_told
vars(asyncio)["Handle"]._run = _run_watched
vars(socket)["socket"].accept = _accept_without_nagle
vars(asyncio)["BaseEventLoop"]._run_once = _run_once_drawn
