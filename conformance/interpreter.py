"""What the clients of one test know together of a server of another dialect.

One ``Interpreter`` belongs to a test; each client of the test has an ``Ear`` (ear.py). A client
gets the name that the test gave it without asking the server: the interpreter knows which name of
the server stands for which client. Where lines carry no name, the speaker is known from what the
clients of this test have sent.

A client of a dialect enters by a first line, its hello, which no other client says. When it comes
back, the client is in the room. Every ear drops hellos. What stands around a hello stands around
each line of that speaker.

If a speaker does not get its own lines back, one more client, the referee, hears them. Each client
then gets its own lines in the places that they have at the referee.

Invariants:
  1. A text is known as said before its bytes are sent.
  2. The lock guards all that ears share, also the script and the held lines of an ear.
"""

from __future__ import annotations

import itertools
import re
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from conformance.dialect import Dialect
from conformance.timing import TICK


__all__ = ["HELLO", "Interpreter", "Member"]

HELLO = re.compile(r"hello-\d+-[0-9a-f]{8}")
"""What a client says to find out whether it is in the room."""

_SOLID = re.compile(r"\W+")  # what a server may alter in a text without hiding which text it was
_NAME_WITHIN = 5 * TICK  # others can hear of a newcomer before it has read its own name
_OVERTAKEN_WITHIN = 10 * TICK  # how long a line waits for other lines that may be lost

_numbers = itertools.count(1)


class Member:
    """One client of a test, as the others need to know it.

    Attributes:
        name: what the test calls the client.
        times: by text that several clients say, how often this client has heard it.
        is_over: the connection of the client has ended.
        deliver: takes a line that the server does not send to this client.
        script: what the referee has heard and this client has not: its own lines, None for others.
        held: lines of others that have come and that the referee has not heard.
        turn: how many lines were delivered by the script.
        is_timed: a timer runs that delivers what waits if nothing else does.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.times: Counter[str] = Counter()
        self.is_over = False
        self.deliver: Callable[[str], None] = lambda line: None
        self.script: list[str | None] = []
        self.held: list[str] = []
        self.turn = 0
        self.is_timed = False


class Interpreter:
    """What the clients of one test know together: whose each name is, and whose each text.

    Attributes:
        passed_over: the errors that the test expected and that the dialect does not have.
        may_miss_stays: the test is not about arrivals and departures.
        referee: the referee, if there is one.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.passed_over: list[str] = []
        self.may_miss_stays = False
        self.referee: Member | None = None
        self.changed = threading.Condition()  # guards all below; notified of each hello and name
        self._hellos: dict[str, Member] = {}
        self._heard: set[tuple[str, Member]] = set()  # which hello has come to whom
        self._names: dict[str, Member | None] = {}  # the server's; None: of several clients
        # What stands before a text → what stands behind it → the speakers.
        self._around: dict[str, dict[str, list[Member]]] = {}
        self._sayings: defaultdict[str, list[Member]] = defaultdict(list)
        self._solid: dict[str, Member] = {}  # the letters of a text → who said it last
        self._unsorted: list[tuple[str, Member]] = []  # sayings that are not yet in _solid
        self._latest: Member | None = None
        self._present: list[Member] = []  # for whom the referee hears

    # Hellos and names.

    def new_hello(self, member: Member) -> str:
        """Return a text that no client has said."""
        hello = f"hello-{next(_numbers)}-{secrets.token_hex(4)}"
        with self.changed:
            self._hellos[hello] = member
        return hello

    def wait_heard(self, hello: str, hearer: Member, within: float) -> bool:
        """Return whether a client has heard a hello, or hears it within that time."""
        with self.changed:
            return self.changed.wait_for(lambda: (hello, hearer) in self._heard, within)

    def met(self, hello: str, line: str, hearer: Member) -> None:
        """Note that a hello came: what stands around it stands around each text of its speaker."""
        with self.changed:
            member = self._hellos.get(hello)
            if member is None:
                return
            if "chat" in self.dialect.lines:
                chat = self.dialect.lines["chat"].fullmatch(line)
                if chat is not None and "name" in chat.re.groupindex:
                    self._call(chat["name"], member)
            else:
                before, _, behind = line.partition(hello)
                speakers = self._around.setdefault(before, {}).setdefault(behind, [])
                if member not in speakers:
                    speakers.append(member)
            self._heard.add((hello, hearer))
            self.changed.notify_all()

    def call(self, name: str, member: Member) -> None:
        """Note which client the server calls by a name."""
        with self.changed:
            self._call(name, member)
            self.changed.notify_all()

    def called(self, name: str) -> str:
        """Return what the test calls the client that has a name of the server's."""
        with self.changed:
            self.changed.wait_for(lambda: name in self._names, _NAME_WITHIN)
            member = self._names.get(name)
            return name if member is None else member.name

    def _call(self, name: str, member: Member) -> None:
        known = self._names.get(name, member)
        in_use = known is not member and (known is None or not known.is_over)
        self._names[name] = None if in_use else member

    # Texts and speakers.

    def said(self, text: str, member: Member) -> None:
        """Note that a client says a text now."""
        if HELLO.fullmatch(text):
            return
        with self.changed:
            self._sayings[text].append(member)
            self._unsorted.append((text, member))
            self._latest = member

    def speaker(self, name: str | None, text: str, hearer: Member) -> Member | None:
        """Return the client that has a name of the server's, or else the one that said a text."""
        with self.changed:
            if name is not None and (member := self._names.get(name)) is not None:
                return member
            return self._sayer(text, hearer)

    def unwrapped(self, line: str, hearer: Member) -> tuple[Member | None, str] | None:
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

    def _sayer(self, text: str, hearer: Member) -> Member | None:
        """Return the client that said a text; of several, each in its turn."""
        sayers: Sequence[Member] = self._sayings.get(text, ())
        if sayers:
            turn = hearer.times[text]
            hearer.times[text] += 1
            return sayers[min(turn, len(sayers) - 1)]
        for said, member in self._unsorted:
            self._solid[_SOLID.sub("", said)] = member
        self._unsorted.clear()
        return self._solid.get(_SOLID.sub("", text), self._latest)

    # The referee.

    def enters(self, member: Member) -> None:
        """Note that a client is in the room: from now on it gets what the referee hears."""
        if self.referee is not None and member is not self.referee:
            with self.changed:
                self._present.append(member)

    def hears(self, speaker: Member | None, text: str) -> None:
        """Note what the referee has heard: a speaker gets its own line in the same place."""
        with self.changed:
            for member in self._present:
                member.script.append(f"{member.name}: {text}" if member is speaker else None)
                self._play(member)

    def holds(self, member: Member, line: str) -> None:
        """Take a line of others that has come to a client, and deliver it in its place."""
        with self.changed:
            member.held.append(line)
            self._play(member)

    def _play(self, member: Member) -> None:
        while member.script and (member.script[0] is not None or member.held):
            own = member.script.pop(0)
            member.deliver(member.held.pop(0) if own is None else own)
            member.turn += 1
        if (member.held or any(member.script)) and not member.is_timed:
            member.is_timed = True
            timer = threading.Timer(_OVERTAKEN_WITHIN, self._overdue, (member, member.turn))
            timer.daemon = True
            timer.start()

    def _overdue(self, member: Member, turn: int) -> None:
        """Deliver all that waits if nothing was delivered meanwhile: a line has been lost."""
        with self.changed:
            member.is_timed = False
            if member.turn == turn:
                own = [line for line in member.script if line is not None]
                for line in [*member.held, *own]:
                    member.deliver(line)
                member.held.clear()
                member.script.clear()
            self._play(member)
