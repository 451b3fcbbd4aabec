"""Puts what a server of another dialect sends into the words of PROTOCOL.md, before a test sees it.

Each client has an ``Ear``. It also knows what is sent to say a text, and what to do when a test
expects a line that the dialect does not have. What the clients of a test know together is in
interpreter.py.

Invariants:
  1. Only the reading thread of its client hears with an ear.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from conformance.applicable import USUAL_LIMIT, cannot_say, word_of
from conformance.checker.lines import said_text
from conformance.interpreter import HELLO, Interpreter, Member
from conformance.sayings import FrameCutter, LineCutter


__all__ = ["FAREWELL", "Ear"]

FAREWELL = "* server is shutting down"

_STRANGER = "?"  # the name of a speaker that is not known
_TOLD = {
    "welcome": "* you are {}",
    "left": "* {} left",
    "timed-out": "* {} timed out",
    "too-slow": "* {} was too slow",
    "joined": "* {} joined",
}


class Ear(Member):
    """Hears for one client.

    Args:
        name: what the test calls the client; None: its address.
        stopping: returns whether the server was told to stop.
    """

    def __init__(
        self, interpreter: Interpreter, name: str | None, stopping: Callable[[], bool]
    ) -> None:
        super().__init__(name or _STRANGER)
        self.dialect = interpreter.dialect
        self._has_name = name is not None
        self._interpreter = interpreter
        self._stopping = stopping
        self._is_in = False
        self._cutter: LineCutter | FrameCutter | None = None

    def belongs_to(self, address: str, deliver: Callable[[str], None]) -> None:
        """Take the address of the client, by which most servers call it at first."""
        if not self._has_name:
            self.name = address
        self.deliver = deliver
        self._interpreter.call(address, self)

    def listen_to(self, cutter: LineCutter | FrameCutter) -> None:
        """From now on the client sends lines, which this cuts out of its bytes."""
        self._cutter = cutter

    # What the client sends.

    def word(self, line: str) -> str:
        """Return what is sent to say a line. Skips the test if the dialect cannot say it."""
        text = line if line == "" else said_text(line)
        if text is None:
            cannot_say(f"the test says {line[:20]!r}, and its dialect has no commands")
        size, limit = len(text.encode()), self.dialect.max_line
        if limit not in (None, USUAL_LIMIT) and size > limit:
            cannot_say(f"the test says a line of {size:,} bytes, and it takes {limit:,} at most")
        return self.template(text)

    def template(self, text: str) -> str:
        """Return what is sent to say a text."""
        say = self.dialect.say
        if say == "{text}":
            return text
        self._interpreter.said(text, self)
        return say.replace("{json}", json.dumps(text)).replace("{text}", text)

    def sends(self, data: bytes) -> None:
        """Note what is said by bytes that are about to be sent."""
        if self._cutter is not None and self.dialect.say == "{text}":
            for text in self._cutter.feed(data):
                self._interpreter.said(text, self)

    def sends_no_more(self) -> None:
        """Note that the client ends its stream: a last line without its end counts."""
        if isinstance(self._cutter, LineCutter):
            self.sends(b"\n")

    def hello(self) -> str:
        """Return a text by which to find out whether the client is in the room."""
        return self._interpreter.new_hello(self)

    def wait_heard(self, hello: str, within: float) -> bool:
        """Return whether a hello has come, or comes within that time."""
        return self._interpreter.wait_heard(hello, self, within)

    # What the client gets.

    def hear(self, data: str) -> Iterator[str]:
        """Yield the lines of PROTOCOL.md for what came as one line or one message."""
        for line in data.split("\n") if self.dialect.joined_frames else [data]:
            yield from self._line(line)

    def _line(self, line: str) -> Iterator[str]:
        lines = self.dialect.lines
        if hello := HELLO.search(line):
            if "welcome" not in lines and not self._is_in:
                yield self._enter()
            self._interpreter.met(hello[0], line, self)
            return
        for word, told in _TOLD.items():
            if word in lines and (found := lines[word].fullmatch(line)):
                if word == "welcome":
                    self._interpreter.call(found["name"], self)
                    yield self._enter()
                elif self._is_in or "welcome" in lines:
                    yield told.format(self._interpreter.called(found["name"]))
                return
        if "error" in lines and (found := lines["error"].fullmatch(line)):
            yield f"! {found.groupdict().get('text', line)}"
        elif "ignore" in lines and lines["ignore"].fullmatch(line):
            return
        elif self._is_in or "welcome" in lines:
            yield from self._talk(line)

    def _enter(self) -> str:
        self._is_in = True
        self._interpreter.enters(self)
        return _TOLD["welcome"].format(self.name)

    def _talk(self, line: str) -> Iterator[str]:
        if "chat" not in self.dialect.lines:
            said = self._interpreter.unwrapped(line, self)
            if said is None:
                return
            speaker, text = said
            name = None
        else:
            found = self.dialect.lines["chat"].fullmatch(line)
            groups = {} if found is None else found.groupdict()
            name = groups.get("name")
            try:
                text = json.loads(groups["json"]) if "json" in groups else groups["text"]
            except (KeyError, ValueError):
                yield line  # no line of the dialect: the test is to see it as it came
                return
            speaker = self._interpreter.speaker(name, text, self)
        told = f"{speaker.name if speaker else name or _STRANGER}: {text}"
        if self.dialect.echo or self is self._interpreter.referee:
            yield told
            if not self.dialect.echo:
                self._interpreter.hears(speaker, text)
        else:
            self._interpreter.holds(self, told)

    def code(self, code: int) -> int:
        """Return the close code of PROTOCOL.md for one of the server's."""
        return self.dialect.close.get(code, code)

    def ends(self) -> str | None:
        """Note the end of the connection; return the farewell if the server was told to stop."""
        self.is_over = True
        return FAREWELL if self._is_in and self._stopping() else None

    # What a test expects.

    def passes_over(self, line: str) -> bool:
        """Return whether an expected line is one that the dialect does not have, and may be missed.

        An error may be missed, and an arrival or a departure in a test about something else. Any
        other such line ends the test: it is not applicable.
        """
        word = word_of(line)
        if word is None or word in self.dialect.lines:
            return False
        if word == "error":
            self._interpreter.passed_over.append(_lacks_line(line))
        elif not (word in ("joined", "left") and self._interpreter.may_miss_stays):
            self.must_know(line)
            return False
        return True

    def must_know(self, line: str) -> None:
        """Skip the test if it waits for a line that the dialect does not have."""
        word = word_of(line)
        if word is not None and word not in self.dialect.lines and line != FAREWELL:
            cannot_say(_lacks_line(line))

    def is_same(self, line: str, came: str) -> bool:
        """Return whether a line that came is the expected one; the wording of errors is free."""
        return line == came or (word_of(line) == word_of(came) == "error")


def _lacks_line(line: str) -> str:
    return f"its dialect has no line like {line[:40]!r}, which the test expects"
