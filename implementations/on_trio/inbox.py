"""The inbox of a hub with an owner, in the trio runtime: commands in, answers back.

Mirrors on_threads/inbox.py and on_asyncio/inbox.py. The broadcaster and the direct hub each
have one. A command is a function that the owner calls with its room. A question is a
command whose asker waits for what the function returns or raises.

Invariants:
  1. Commands come out in the order in which they were put in.
  2. A full inbox holds the talkers back, as an outbox at its high-water mark does. A command
     keeps its place until the owner reports it as carried out.
  3. An answer is given when the command is carried out, not before.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

import trio

from implementations.core.errors import HubbubError
from implementations.on_trio.answer import Answer
from implementations.on_trio.pace import Pace


__all__ = ["Inbox"]

R = TypeVar("R")  # the owner's room
T = TypeVar("T")


class Inbox(Generic[R]):
    """Commands that wait for the owner of a room.

    Args:
        places: how many commands may wait before the talkers are held back. An outbox that has
            just reached its high-water mark must have room for all of them.
        pace: where the talkers are held back.
    """

    def __init__(self, places: int, pace: Pace) -> None:
        self._places = places
        self._pace = pace
        self._gate = trio.Lock()  # makes "is there a place?" and taking it one step
        # Unbounded for trio: the gate stops the talkers when it is full. The other commands pass
        # by the gate, but are few: departures, requests for the counts, the shutdown.
        self._entry, self._commands = trio.open_memory_channel[Callable[[R], None]](math.inf)
        self._answers: list[Callable[[], None]] = []  # to give when the questions are carried out
        self._waiting = 0  # commands that were put in and are not carried out
        self._underway = 0  # messages that are not written out to everyone yet

    def put(self, command: Callable[[R], None]) -> None:
        """Put a command in without a turn. Callable from any task; never waits."""
        self._entry.send_nowait(command)
        self._waiting += 1
        if self._full():
            self._pace.hold(self)

    async def put_in_turn(self, command: Callable[[R], None]) -> None:
        """Wait for a turn under the flood rule, then put a command in."""
        async with self._pace.turn(self._gate):
            self.put(command)

    async def ask(self, question: Callable[[R], T]) -> T:
        """Put a question in without a turn, and wait for the answer."""
        command, answer = self._question(question)
        self.put(command)
        return await answer.wait()

    async def ask_in_turn(self, question: Callable[[R], T]) -> T:
        """Wait for a turn under the flood rule, put a question in, and wait for the answer."""
        command, answer = self._question(question)
        await self.put_in_turn(command)
        return await answer.wait()

    async def take(self) -> Callable[[R], None]:
        """Wait for the next command. This method and those below are for the owner."""
        return await self._commands.receive()

    def take_waiting(self, most: int) -> list[Callable[[R], None]]:
        """Return the commands that wait, at most ``most`` of them. Never waits."""
        commands: list[Callable[[R], None]] = []
        with contextlib.suppress(trio.WouldBlock):
            while len(commands) < most:
                commands.append(self._commands.receive_nowait())
        return commands

    def carried_out(self, commands: int, underway: int = 0) -> None:
        """Give the answers, and free the places of the commands that were carried out.

        Args:
            commands: how many were carried out.
            underway: how many messages, caused by these or earlier commands, are not written
                out to everyone yet. Each of them keeps a place.
        """
        for answer in self._answers:
            answer()
        self._answers.clear()
        self._waiting -= commands
        self._underway = underway
        if self._full():
            self._pace.hold(self)
        else:
            self._pace.release(self)

    def _full(self) -> bool:
        return self._waiting + self._underway >= self._places

    def _question(self, question: Callable[[R], T]) -> tuple[Callable[[R], None], Answer[T]]:
        """Return a command for the owner, and what will get the answer."""
        answer: Answer[T] = Answer()

        def command(room: R) -> None:
            try:
                settle = partial(answer.set_result, question(room))
            except HubbubError as error:
                settle = partial(answer.set_exception, error)
            self._answers.append(settle)

        return command, answer
