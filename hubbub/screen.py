"""The prompt of ``hubbub chat``: lines that arrive do not disturb the line that is being typed.

It needs prompt_toolkit; without it ``hubbub chat`` has no prompt. Notices of the room are dim,
errors are red, and the user's own name has the colour of the prompt. With ``NO_COLOR`` there are no
colours.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.formatted_text import ANSI


__all__ = ["Screen"]

# Parameters of the ANSI sequence "select graphic rendition".
BOLD, DIM, RED, OWN = "1", "2", "31", "1;36"


class _Interrupt(Exception):
    """Ctrl-C was pressed at the prompt."""


class Screen:
    """The terminal, during one conversation."""

    def __init__(self) -> None:
        # A typed line is erased once it is sent: the room sends it back to the sender as well.
        self._session: PromptSession[str] = PromptSession(
            erase_when_done=True, interrupt_exception=_Interrupt
        )
        self._own_name = ""
        self._unshown: list[str] = []
        self._showing: asyncio.Task[None] | None = None

    async def typed_lines(self) -> AsyncGenerator[str, None]:
        """Yield each typed line, until Ctrl-D. Ctrl-C interrupts the process, as it always does."""
        placeholder = ANSI(_painted(DIM, "say something, or /help; Ctrl-D leaves"))
        while True:
            try:
                typed = await self._session.prompt_async(self._prompt, placeholder=placeholder)
            except EOFError:
                return
            except _Interrupt:
                # At the prompt Ctrl-C is only a key. Raised as the signal, it ends the conversation
                # in the usual way, at whatever point that is.
                signal.raise_signal(signal.SIGINT)
                return
            for line in typed.split("\n"):  # pasted text can have several lines
                yield line

    def show(self, line: str) -> None:
        """Print a line of the room above the prompt, soon and in order. It must be printable.

        Printing removes the prompt and draws it again. Lines that arrive meanwhile are printed
        together.
        """
        own_name = re.escape(self._own_name)
        if match := re.fullmatch(rf"\* (?:you are|{own_name} is now) (\S+)", line):
            self._own_name = match[1]
        self._unshown.append(self._styled(line))
        if self._showing is None or self._showing.done():
            self._showing = asyncio.create_task(self._print())

    async def shown(self) -> None:
        """Wait until every line is on the screen."""
        if self._showing is not None:
            await self._showing

    async def _print(self) -> None:
        while self._unshown:
            async with in_terminal():
                print(*self._unshown, sep="\n", flush=True)
                self._unshown.clear()

    def _prompt(self) -> ANSI:
        return ANSI(_painted(OWN, f"{self._own_name}> "))

    def _styled(self, line: str) -> str:
        if line.startswith("* "):
            return _painted(DIM, line)
        if line.startswith("! "):
            return _painted(RED, line)
        name, colon, text = line.partition(": ")
        if not colon:
            return line
        return _painted(OWN if name == self._own_name else BOLD, f"{name}:") + f" {text}"


def _painted(style: str, text: str) -> str:
    if os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"
