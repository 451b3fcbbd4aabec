"""Python loads this as it starts a program that is judged, and two things show that hid before.

A task that sleeps with ``time.sleep`` keeps all other tasks from running. From outside that is only
a slow server; here it is one line on standard error, with the place, and the sleep goes on.

asyncio runs tasks that are ready first in, first out. That order is no promise, and it hides what
goes wrong under another one: here the tasks that are ready take their turns in a drawn order.
Callbacks that are no tasks, such as a transport's, stay where they are.

A server with Nagle's algorithm needs 40 ms for each short answer, which is no fault. It is
turned off, so that a learner need not wait for it a hundred times.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sys
import time
from typing import Any


_sleep = time.sleep
_order = random.Random(1)
_accept = socket.socket.accept
_run_once = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]


def _told_sleep(seconds: float) -> None:
    if asyncio._get_running_loop() is not None:
        frame = sys._getframe(1)
        print(
            f"hubbub: time.sleep({seconds}) blocks the loop, at line {frame.f_lineno} of "
            f"{frame.f_code.co_filename}",
            file=sys.stderr,
            flush=True,
        )
    _sleep(seconds)


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


vars(time)["sleep"] = _told_sleep
vars(socket)["socket"].accept = _accept_without_nagle
vars(asyncio)["BaseEventLoop"]._run_once = _run_once_drawn
