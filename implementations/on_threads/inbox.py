"""The inbox of a hub with an owner, in the threads runtime: commands in, answers back.

Mirrors on_asyncio/inbox.py and on_trio/inbox.py. The broadcaster and the direct hub each
have one. A command is a function that the owner calls with its room. A question is a
command whose asker waits for what the function returns or raises.

Invariants:
  1. Commands come out in the order in which they were put in.
  2. A full inbox holds the talkers back, as an outbox at its high-water mark does. A command
     keeps its place until the owner reports it as carried out.
  3. An answer is given when the command is carried out, not before.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Generic, TypeVar

from implementations.core.errors import HubbubError
from implementations.on_threads.pace import Pace


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
        self._count = threading.Lock()  # guards the two counts and the hold that depends on them
        self._gate = threading.Lock()  # makes "is there a place?" and taking it one step
        # Unbounded for Python: the gate stops the talkers when it is full. The other commands pass
        # by the gate, but are few: departures, requests for the counts, the shutdown.
        self._commands: queue.SimpleQueue[Callable[[R], None]] = queue.SimpleQueue()
        self._answers: list[Callable[[], None]] = []  # to give when the questions are carried out
        self._waiting = 0  # commands that were put in and are not carried out
        self._underway = 0  # messages that are not written out to everyone yet

    def put(self, command: Callable[[R], None]) -> None:
        """Put a command in without a turn. Callable from any thread; never waits."""
        with self._count:
            self._commands.put(command)
            self._waiting += 1
            if self._full():
                self._pace.hold(self)

    def put_in_turn(self, command: Callable[[R], None]) -> None:
        """Wait for a turn under the flood rule, then put a command in."""
        with self._pace.turn(self._gate):
            self.put(command)

    def ask(self, question: Callable[[R], T]) -> T:
        """Put a question in without a turn, and wait for the answer."""
        command, answer = self._question(question)
        self.put(command)
        return answer.result()

    def ask_in_turn(self, question: Callable[[R], T]) -> T:
        """Wait for a turn under the flood rule, put a question in, and wait for the answer."""
        command, answer = self._question(question)
        self.put_in_turn(command)
        return answer.result()

    def take(self) -> Callable[[R], None]:
        """Wait for the next command. This method and those below are for the owner."""
        return self._commands.get()

    def take_waiting(self, most: int) -> list[Callable[[R], None]]:
        """Return the commands that wait, at most ``most`` of them. Never waits."""
        commands: list[Callable[[R], None]] = []
        while len(commands) < most and not self._commands.empty():
            commands.append(self._commands.get_nowait())
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
        with self._count:
            self._waiting -= commands
            self._underway = underway
            if self._full():
                self._pace.hold(self)
            else:
                self._pace.release(self)

    def _full(self) -> bool:
        return self._waiting + self._underway >= self._places

    def _question(self, question: Callable[[R], T]) -> tuple[Callable[[R], None], Future[T]]:
        """Return a command for the owner, and the future that will get the answer."""
        answer: Future[T] = Future()

        def command(room: R) -> None:
            try:
                settle = partial(answer.set_result, question(room))
            except HubbubError as error:
                settle = partial(answer.set_exception, error)
            self._answers.append(settle)

        return command, answer
