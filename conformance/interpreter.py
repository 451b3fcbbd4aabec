"""Puts what a server of another dialect sends into the words of PROTOCOL.md, before a test sees it.

One ``Interpreter`` belongs to a test; each client of the test has an ``Ear`` of it. A client gets
the name that the test gave it without asking the server: the interpreter knows which name of the
server stands for which client. Where lines carry no name, the speaker is known from what the
clients of this test have sent.

A client of a dialect enters by a first line, its hello, which no other client says. When it comes
back, the client is in the room. Every ear drops hellos. What stands around a hello stands around
each line of that speaker.

If a speaker does not get its own lines back, one more client, the referee, hears them. Each client
then gets its own lines in the places that they have at the referee.

Invariants:
  1. A text is known as said before its bytes are sent.
  2. An ear is used by the reading thread of one client; all that ears share is guarded by the lock
     of the interpreter.
"""

import itertools
import json
import re
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from conformance.applicable import USUAL_LIMIT, cannot_say, word_of
from conformance.checker.lines import said_text
from conformance.dialect import Dialect
from conformance.sayings import FrameCutter, LineCutter
from conformance.timing import TICK


__all__ = ["FAREWELL", "Ear", "Interpreter"]

FAREWELL = "* server is shutting down"

_HELLO = re.compile(r"hello-\d+-[0-9a-f]{8}")
_SOLID = re.compile(r"\W+")  # what a server may alter in a text without hiding which text it was
_STRANGER = "?"  # the name of a speaker that is not known
_NAME_WITHIN = 5 * TICK  # others can hear of a newcomer before it has read its own name
_OVERTAKEN_WITHIN = 10 * TICK  # how long an own line waits for lines of others that may be lost
_TOLD = {
    "welcome": "* you are {}",
    "left": "* {} left",
    "timed-out": "* {} timed out",
    "too-slow": "* {} was too slow",
    "joined": "* {} joined",
}

_numbers = itertools.count(1)


class Interpreter:
    """What the ears of one test share: which client has which name, and which text is whose.

    Attributes:
        passed_over: the errors that the test expected and that the dialect does not have.
        may_miss_stays: the test is not about arrivals and departures.
        referee: the ear of the referee, if there is one.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.passed_over: list[str] = []
        self.may_miss_stays = False
        self.referee: Ear | None = None
        self.changed = threading.Condition()  # guards all below; notified of each hello and name
        self._hellos: dict[str, Ear] = {}
        self._heard: set[tuple[str, Ear]] = set()  # which hello has come to which ear
        self._names: dict[str, Ear | None] = {}  # the server's → ear; None: several have it
        self._around: dict[str, dict[str, list[Ear]]] = {}  # before a text → behind it → speakers
        self._sayings: defaultdict[str, list[Ear]] = defaultdict(list)
        self._solid: dict[str, Ear] = {}  # the letters of a text → who said it last
        self._unsorted: list[tuple[str, Ear]] = []  # sayings that are not yet in _solid
        self._latest: Ear | None = None
        self._present: list[Ear] = []  # for whom the referee hears

    # Hellos and names.

    def new_hello(self, ear: "Ear") -> str:
        """Return a text that no client has said."""
        hello = f"hello-{next(_numbers)}-{secrets.token_hex(4)}"
        with self.changed:
            self._hellos[hello] = ear
        return hello

    def wait_heard(self, hello: str, hearer: "Ear", within: float) -> bool:
        """Return whether an ear has heard a hello, or hears it within that time."""
        with self.changed:
            return self.changed.wait_for(lambda: (hello, hearer) in self._heard, within)

    def met(self, hello: str, line: str, hearer: "Ear") -> None:
        """Note that an ear has heard a hello: what stands around it stands around that speaker."""
        with self.changed:
            ear = self._hellos.get(hello)
            if ear is None:
                return
            if "chat" in self.dialect.lines:
                chat = self.dialect.lines["chat"].fullmatch(line)
                if chat is not None and "name" in chat.re.groupindex:
                    self._call(chat["name"], ear)
            else:
                before, _, behind = line.partition(hello)
                speakers = self._around.setdefault(before, {}).setdefault(behind, [])
                if ear not in speakers:
                    speakers.append(ear)
            self._heard.add((hello, hearer))
            self.changed.notify_all()

    def call(self, name: str, ear: "Ear") -> None:
        """Note which client the server calls by a name."""
        with self.changed:
            self._call(name, ear)
            self.changed.notify_all()

    def called(self, name: str) -> str:
        """Return what the test calls the client that has a name of the server's."""
        with self.changed:
            self.changed.wait_for(lambda: name in self._names, _NAME_WITHIN)
            ear = self._names.get(name)
            return name if ear is None else ear.name

    def _call(self, name: str, ear: "Ear") -> None:
        known = self._names.get(name, ear)
        in_use = known is not ear and (known is None or not known.is_over)
        self._names[name] = None if in_use else ear

    # Texts and speakers.

    def said(self, text: str, ear: "Ear") -> None:
        """Note that a client says a text now."""
        if _HELLO.fullmatch(text):
            return
        with self.changed:
            self._sayings[text].append(ear)
            self._unsorted.append((text, ear))
            self._latest = ear

    def speaker(self, name: str | None, text: str, hearer: "Ear") -> "Ear | None":
        """Return the client that has a name of the server's, or else the one that said a text."""
        with self.changed:
            if name is not None and (ear := self._names.get(name)) is not None:
                return ear
            return self._sayer(text, hearer)

    def unwrapped(self, line: str, hearer: "Ear") -> "tuple[Ear | None, str] | None":
        """Return the speaker and the text of a line; None: the room itself speaks."""
        with self.changed:
            for size in sorted({len(before) for before in self._around}, reverse=True):
                for behind, speakers in self._around.get(line[:size], {}).items():
                    if line.endswith(behind) and len(line) >= size + len(behind):
                        text = line[size : len(line) - len(behind)]
                        if len(speakers) == 1 and text != line:
                            return speakers[0], text
                        return self._sayer(text, hearer), text
        return None

    def _sayer(self, text: str, hearer: "Ear") -> "Ear | None":
        """Return the client that said a text; of several, each in its turn."""
        sayers: Sequence[Ear] = self._sayings.get(text, ())
        if sayers:
            turn = hearer.times[text]
            hearer.times[text] += 1
            return sayers[min(turn, len(sayers) - 1)]
        for said, ear in self._unsorted:
            self._solid[_SOLID.sub("", said)] = ear
        self._unsorted.clear()
        return self._solid.get(_SOLID.sub("", text), self._latest)

    # The referee.

    def enters(self, ear: "Ear") -> None:
        """Note that a client is in the room: from now on it gets what the referee hears."""
        if self.referee is not None and ear is not self.referee:
            with self.changed:
                self._present.append(ear)

    def hears(self, speaker: "Ear | None", text: str) -> None:
        """Note what the referee has heard: a speaker gets its own line in the same place."""
        with self.changed:
            for ear in self._present:
                ear.script.append(f"{ear.name}: {text}" if ear is speaker else None)
                self._play(ear)

    def holds(self, ear: "Ear", line: str) -> None:
        """Take a line of others that has come to a client, and deliver it in its place."""
        with self.changed:
            ear.held.append(line)
            self._play(ear)

    def release(self, ear: "Ear", turn: int) -> None:
        """Deliver all that waits if nothing was delivered meanwhile: a line has been lost."""
        with self.changed:
            if ear.turn == turn:
                own = [line for line in ear.script if line is not None]
                for line in [*ear.held, *own]:
                    ear.deliver(line)
                ear.held.clear()
                ear.script.clear()

    def _play(self, ear: "Ear") -> None:
        while ear.script and (ear.script[0] is not None or ear.held):
            own = ear.script.pop(0)
            ear.deliver(ear.held.pop(0) if own is None else own)
            ear.turn += 1
        if ear.held or any(ear.script):
            timer = threading.Timer(_OVERTAKEN_WITHIN, self.release, (ear, ear.turn))
            timer.daemon = True
            timer.start()


class Ear:
    """Hears for one client.

    Args:
        name: what the test calls the client; None: its address.
        stopping: returns whether the server was told to stop.

    Attributes:
        times: by text that several clients say, how often this client has heard it.
        is_over: the connection of the client has ended.
        deliver: takes a line that the server does not send to this client.
        script: what the referee has heard and this client has not: its own lines, None for others.
        held: lines of others that have come and that the referee has not heard.
        turn: how many lines were delivered by the script.
    """

    def __init__(
        self, interpreter: Interpreter, name: str | None, stopping: Callable[[], bool]
    ) -> None:
        self.name = name or _STRANGER
        self.times: Counter[str] = Counter()
        self.is_over = False
        self.deliver: Callable[[str], None] = lambda line: None
        self.script: list[str | None] = []
        self.held: list[str] = []
        self.turn = 0
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
        if hello := _HELLO.search(line):
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
