"""Judges lesson 13: a hub that writes to non-blocking sockets, called by many threads."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from conformance.checker import History, Session
from hubbub.learning.controlled import begin_early_threads, has_early_threads, me
from hubbub.learning.promises import Broken, promise
from hubbub.learning.scene import judge_history
from hubbub.learning.schedule import RATES, Endless, Schedule, Stuck, current


INTERFACE = """
Hub(most_bytes)
Hub.join(name, sock)
Hub.submit(line)
Hub.writable(name)
"""
MOST_BYTES = 100
PLENTY = 10**6
MOST_REFUSALS = 3
LINE = b"anna: hello\n"
NEXT = b"ben: and hello to you\n"


@dataclass(eq=False)
class Socket:
    """A non-blocking socket whose buffer has room for so many bytes more."""

    name: str
    room: int = PLENTY
    gone: bool = False
    got: bytes = b""
    offered: list[bytes] = field(default_factory=list)
    closed: int = 0
    refusals: int = 0  # one after the other, with no other socket asked in between
    during_send: Callable[[], None] = lambda: None

    asked_last: ClassVar[Socket | None] = None
    senders: ClassVar[list[str]] = []  # the threads that called send, of any socket

    def send(self, data):
        if not isinstance(data, bytes | bytearray | memoryview):
            _complain(f"A socket takes bytes, and your hub gave it {data!r}.")
        if self.closed:
            _complain(f"{self.name.title()} was cut off, and then sent something more.")
        if Socket.asked_last is not self:
            self.refusals = 0
        Socket.asked_last = self
        self.offered.append(bytes(data))
        Socket.senders.append(me())
        if schedule := current():
            schedule.yield_turn()
        self.during_send()
        if self.gone:
            raise ConnectionResetError("the peer is gone")
        taken = bytes(data[: self.room])
        if data and not taken:
            self.refusals += 1
            if self.refusals > MOST_REFUSALS:
                _complain(
                    f"{self.name.title()}'s socket takes nothing, and your hub asks it again and "
                    "again while all others wait. Ask once, keep what it did not take, and go "
                    "on: the watcher says when it takes bytes again."
                )
            raise BlockingIOError("it takes nothing now")
        self.refusals = 0
        self.got += taken
        self.room -= len(taken)
        return len(taken)

    def close(self):
        self.closed += 1

    @property
    def lines(self):
        """What its client has read, line by line; the last may be half a line."""
        return [line.decode() for line in self.got.splitlines()]


def _complain(sentence):
    raise _Complaint(sentence)


class _Complaint(BaseException):
    """Carries a sentence out of code that catches every Exception."""


def _hub(exercise, names="anna ben cara", most_bytes=MOST_BYTES):
    Socket.senders = []
    hub = exercise.Hub(most_bytes)
    sockets = {name: Socket(name) for name in names.split()}
    for name, sock in sockets.items():
        hub.join(name, sock)
    return hub, sockets


def _call(method, *arguments):
    """Call the hub; a complaint of a socket's is what is broken."""
    try:
        method(*arguments)
    except _Complaint as complaint:
        raise Broken(str(complaint)) from None
    except BlockingIOError:
        raise Broken(
            "A socket that took nothing raised BlockingIOError, and your hub died of it: those "
            "behind it in the map got nothing. It means: not now."
        ) from None
    except RuntimeError as error:
        if "changed size during iteration" not in str(error):
            raise
        raise Broken(
            "Your hub died in the middle of a walk: to cut a client off takes it out of the very "
            "map that is being walked. Walk a copy."
        ) from None


def _shown(got):
    return repr(got.decode(errors="replace"))


@promise("delivery.exactly-once", "One line after the other, everyone gets each of them once.")
def in_turn(exercise, seed):
    hub, sockets = _hub(exercise)
    lines = [LINE, NEXT, b"cara: well\n"]
    for line in lines:
        _call(hub.submit, line)
    for sock in sockets.values():
        if sock.got == LINE:
            raise Broken(
                "Three lines were said, one after the other, and only the first came: does your "
                "hub still say that it is busy when no thread is in it any more?"
            )
        if not sock.got and has_early_threads():
            raise Broken(
                "Your hub leaves the lines to a thread of its own, and nothing came: no other "
                "thread is there. The thread that calls submit sends, if no other one is sending."
            )
        if sock.got != b"".join(lines):
            raise Broken(
                f"Three lines were said, to sockets that take everything; {sock.name} got "
                f"{_shown(sock.got)}."
            )


@promise("delivery.unaltered", "What a socket takes in part comes whole.")
def in_part(exercise, seed):
    hub, sockets = _hub(exercise)
    cara = sockets["cara"]
    cara.room = 6
    _call(hub.submit, LINE)
    if cara.got != LINE[:6] or cara.closed:
        raise Broken(
            f"Cara's socket had room for 6 bytes of a line of {len(LINE)}; it took "
            f"{_shown(cara.got)}{', and was closed' if cara.closed else ''}. Full is no reason "
            "to cut anybody off: only too much that waits is."
        )
    cara.room = PLENTY
    _call(hub.writable, "cara")
    if cara.got == LINE[:6]:
        raise Broken(
            f"Cara's socket took 6 bytes of a line of {len(LINE)}, and the rest never came, "
            "though the watcher said that there is room again. send says how many bytes it took."
        )
    if cara.got == LINE[:6] + LINE:
        raise Broken(
            "Cara's socket had taken 6 bytes of the line, and then got all of it from the "
            f"beginning: {_shown(cara.got)}. What waits is only what it did not take."
        )
    if cara.got != LINE:
        raise Broken(f"Cara's client read {_shown(cara.got)} in the place of {_shown(LINE)}.")
    _call(hub.writable, "cara")
    if cara.got != LINE:
        raise Broken("The rest was sent a second time, when the watcher called once more.")


@promise("slow.isolation", "A socket that takes nothing, or is gone, costs nobody else a byte.")
def isolation(exercise, seed):
    hub, sockets = _hub(exercise)
    ben = sockets["ben"]
    ben.room = 0
    _call(hub.submit, LINE)
    if ben.closed:
        raise Broken(
            "Ben was cut off because his socket took nothing for a moment: BlockingIOError is an "
            "OSError too. Full is not gone."
        )
    ben.room = PLENTY
    _call(hub.writable, "ben")
    for sock in sockets.values():
        if sock.got != LINE:
            raise Broken(
                "Ben's socket took nothing at first, and everything when the watcher called; "
                f"{sock.name} got {_shown(sock.got)}."
            )
    hub, sockets = _hub(exercise)
    ben = sockets["ben"]
    ben.gone = True
    try:
        _call(hub.submit, NEXT)
        _call(hub.submit, LINE)
    except ConnectionResetError:
        raise Broken(
            "Ben's connection was gone, his socket said so, and your hub died of it: those behind "
            "him in the map got nothing."
        ) from None
    if sockets["cara"].got != NEXT + LINE:
        raise Broken(f"Ben's connection was gone, and Cara got {_shown(sockets['cara'].got)}.")
    if len(ben.offered) > 1 or not ben.closed:
        raise Broken(
            "Ben's connection was gone, and your hub kept him: it went on sending, or never "
            "closed his socket."
        )


@promise("order.speaker", "Behind what is spilt everything waits; caught up, nothing does.")
def catch_up(exercise, seed):
    hub, sockets = _hub(exercise)
    cara = sockets["cara"]
    cara.room = 6
    _call(hub.submit, LINE)
    cara.room = PLENTY  # the kernel has room again, and the watcher has not called yet
    _call(hub.submit, NEXT)
    _call(hub.writable, "cara")
    if cara.got.startswith(LINE[:6] + NEXT):
        raise Broken(
            "The next line overtook the rest of the one before, right into its middle: Cara read "
            f"{_shown(cara.got)}. While something waits for a client, all else waits behind it."
        )
    if cara.got != LINE + NEXT:
        raise Broken(
            f"Two lines were said, the first was taken in part; Cara read {_shown(cara.got)}."
        )
    for line in (LINE, NEXT):
        cara.room = 3
        _call(hub.submit, line)
        for room in (0, 1, 4, PLENTY):
            cara.room = room
            _call(hub.writable, "cara")
    if cara.got != 2 * (LINE + NEXT):
        raise Broken(
            "The watcher called, and Cara's socket again took only a part: what came of it was "
            f"{_shown(cara.got[len(LINE + NEXT) :])}. Catching up may take several turns."
        )
    _call(hub.submit, LINE)
    if cara.got != 2 * (LINE + NEXT) + LINE:
        raise Broken(
            "Cara had caught up, and her next line was not sent at once: nobody will call, for "
            "her socket was never full again."
        )


@promise("slow.bounded", "No more waits for a client than may; with more it is cut off, alone.")
def bounded(exercise, seed):
    hub, sockets = _hub(exercise)
    ben, ten = sockets["ben"], b"anna: 678\n"
    ben.room = 0
    for said in range(1, 11):
        _call(hub.submit, ten)
        if ben.closed:
            raise Broken(
                f"Ben was cut off when {10 * said} bytes waited for him, and {MOST_BYTES} may: "
                "more than that is too much."
            )
    _call(hub.submit, ten)
    if not ben.closed:
        raise Broken(
            f"{MOST_BYTES + 10} bytes wait for Ben, who takes nothing, and {MOST_BYTES} may: he is "
            "to be cut off, or a client that never reads costs all the memory there is."
        )
    ben.room = PLENTY
    try:
        _call(hub.writable, "ben")
    except KeyError:
        raise Broken(
            "The watcher called once more for Ben, who had just been cut off, and your hub died "
            "of it: two who tell of one socket can cross."
        ) from None
    _call(hub.submit, LINE)
    if ben.closed > 1 or ben.got:
        raise Broken(
            f"Ben was cut off; he was closed {ben.closed} times, and got "
            f"{_shown(ben.got)} after it."
        )
    _others_lost_nothing(sockets, ten)
    hub, sockets = _hub(exercise)
    ben, long = sockets["ben"], b"anna: " + b"x" * 2 * MOST_BYTES + b"\n"
    _call(hub.submit, long)
    if cut := [name for name, sock in sockets.items() if sock.closed]:
        raise Broken(
            f"A line of {len(long)} bytes was said, and {cut[0].title()}, whose socket takes all "
            f"of it, was cut off: only bytes that wait count, and none do. At most {MOST_BYTES} "
            "may wait."
        )
    ben.room = len(long) - MOST_BYTES
    _call(hub.submit, long)
    if ben.closed:
        raise Broken(
            f"Ben's socket took a part of a line, {MOST_BYTES} bytes of it waited, and he was cut "
            f"off: {MOST_BYTES} may wait."
        )
    hub, sockets = _hub(exercise)
    ben = sockets["ben"]
    ben.room = len(long) - MOST_BYTES - 1
    _call(hub.submit, long)
    if not ben.closed:
        raise Broken(
            f"Ben's socket took {len(ben.got)} bytes of a line of {len(long)}; "
            f"{MOST_BYTES + 1} wait for him, {MOST_BYTES} may, and he was not cut off. Count what "
            "waits after each send, not only when a socket takes nothing."
        )
    if sockets["cara"].got != long:
        raise Broken(
            "Ben was cut off in the middle of a walk, and Cara, who stands behind him in the map, "
            f"got {len(sockets['cara'].got)} bytes of {len(long)}."
        )


def _others_lost_nothing(sockets, ten):
    for name in ("anna", "cara"):
        if sockets[name].got != 11 * ten + LINE:
            raise Broken(
                f"Ben was cut off for what waited for him, and {name} lost something by it: "
                f"{len(sockets[name].got)} bytes came of {len(11 * ten + LINE)}."
            )


@promise("order.total", "Several talk at once, and all get everything, in one order.", seeds=80)
def one_order(exercise, seed):
    hub, sockets = _hub(exercise, "anna ben cara dan", PLENTY)
    for _ in range(seed % 3):  # what goes wrong a little with each call shows behind some
        _call(hub.submit, LINE)
    for sock in sockets.values():
        sock.got = b""
    Socket.senders.clear()
    said = {"anna": 2, "ben": 2, "cara": 1}
    sockets["dan"].room = random.Random(seed).choice([0, 15, 30, PLENTY])
    _all_talk(exercise, hub, said, seed)
    senders = list(Socket.senders)
    sockets["dan"].room = PLENTY
    _call(hub.writable, "dan")
    _none_left(sockets, said)
    sessions = [
        Session(
            name,
            [f"* you are {name}", *sock.lines],
            texts := [f"{name}-{number + 1}" for number in range(said.get(name, 0))],
            [1] * len(texts),
            complete=True,
            address=name,
        )
        for name, sock in sockets.items()
    ]
    rules = (
        "order.total",
        "order.speaker",
        "delivery.exactly-once",
        "delivery.unaltered",
        "commands.forge",
        "order.membership",
    )
    cause = ""
    walks = [len(list(sends)) for _, sends in itertools.groupby(senders)]
    if walks and min(walks) < len(sockets) - 1:  # all but Dan are sent to on each walk
        cause = "Two threads were sending at once, each on a walk of its own."
    judge_history(History(tuple(sessions)), rules, cause)


@promise("lesson.left", "No line is left behind that comes as a thread goes.", seeds=160)
def none_left(exercise, seed):
    hub, sockets = _hub(exercise, "dan", PLENTY)
    said = {"anna": 1, "ben": 1}
    asked = itertools.count()

    def comes():  # a few steps after anna's send, each seed at another one
        return bool(sockets["dan"].got) and next(asked) >= seed % 40

    often = len(RATES) * seed  # the rate at which a turn is lost most often
    _all_talk(exercise, hub, said, often, late=("ben", comes))
    _none_left(sockets, said)


@promise("lesson.group", "What comes while the hub is busy goes out together.", seeds=20)
def together(exercise, seed):
    hub, sockets = _hub(exercise, "anna ben cara dan", PLENTY)
    said = {"anna": 1, "ben": 2, "cara": 2, "dan": 2}
    left = []

    def long_send():
        sockets["anna"].during_send = lambda: None
        schedule = current()
        if schedule:
            schedule.wait(
                "its send to end, which ends when the others have left their lines",
                lambda: len(left) == 3,
            )

    sockets["anna"].during_send = long_send
    try:
        _all_talk(exercise, hub, said, seed, left)
    except Stuck as stuck:
        who, what, place = stuck.waiting[0]
        at = f" ({place})" if place else ""
        raise Broken(
            f"While one was sending, {who} waited for {what}{at}: a send may take its time, "
            "and so nobody waits for another's. A thread that finds the hub busy leaves its line "
            "and goes."
        ) from None
    except Endless as endless:
        raise Broken(
            f"While one was sending, {endless.who} asked again and again whether it may go on "
            f"({endless.place}): to poll is to wait. A thread that finds the hub busy leaves its "
            "line and goes."
        ) from None
    most = max(len(sock.offered) for sock in sockets.values())
    if most > 3:
        raise Broken(
            f"Six lines were left while one was sending, and {most} sends per client were made of "
            "them all: two are enough, one for the first line and one for all that came "
            "meanwhile. Join what was left: that is why a busy hub is a cheap one."
        )


def _none_left(sockets, said):
    heard = {line for sock in sockets.values() for line in sock.lines}
    lost = [line for line in _lines(said) if line.decode().strip() not in heard]
    if lost:
        raise Broken(
            f"{_shown(lost[0])} was left with a hub that was busy, and no thread ever sent it: was "
            "it dropped, or did the thread that was in look for the last time before it came, and "
            "go after? To find nothing left and to be gone must be one step, under one lock."
        )


def _lines(said):
    return [f"{name}: {name}-{n + 1}\n".encode() for name in said for n in range(said[name])]


def _all_talk(exercise, hub, said, seed, left=None, late=("", None)):
    """Have each talker say its lines in a thread of its own; note in ``left`` those that have.

    ``late``: a talker that comes only when something is true, and then does all it can in one go.
    """
    schedule = Schedule(seed, [exercise.__file__])
    complaints = []

    def talk(name):
        begin_early_threads()
        if name == late[0]:
            schedule.wait("its turn to talk", late[1], 1.0)
            sys.settrace(None)  # what is not watched keeps its turn
        try:
            for line in _lines({name: said[name]}):
                hub.submit(line)
        except _Complaint as complaint:
            complaints.append(str(complaint))
        if left is not None:
            left.append(name)

    for name in said:
        schedule.spawn(f"{name}'s thread", lambda name=name: talk(name))
    with suppress(*([Stuck] if complaints else [])):
        schedule.run()
    if complaints:
        raise Broken(complaints[0])


@promise("lesson.two-hubs", "Two hubs know nothing of each other.")
def two_hubs(exercise, seed):
    one, ours = _hub(exercise, "anna ben")
    other, theirs = _hub(exercise, "anna ben")
    ours["ben"].room = 3
    _call(one.submit, LINE)
    _call(other.submit, NEXT)
    got = [sock.got for sock in (*ours.values(), *theirs.values())]
    if got != [LINE, LINE[:3], NEXT, NEXT]:
        raise Broken(
            "Two hubs were made, each with a client anna and a client ben, and one line was said "
            f"in each. The clients of the first got {_shown(got[0])} and {_shown(got[1])}, those "
            f"of the second {_shown(got[2])} and {_shown(got[3])}. {_SHARED}"
        )
    one, ours = _hub(exercise, "anna")
    other, theirs = _hub(exercise, "anna")
    _while_one_sends(exercise, one, ours["anna"], other, seed)
    if ours["anna"].got != LINE + LINE or theirs["anna"].got != NEXT:
        raise Broken(
            "Two hubs were made. A thread was sending in the first, a line was left with it, and "
            "then a line was said in the second. The client of the first got "
            f"{_shown(ours['anna'].got)}, that of the second {_shown(theirs['anna'].got)}; the "
            f"line said in the second was {_shown(NEXT)}. {_SHARED}"
        )


_SHARED = (
    "The hubs share something: the map, what waits, the lines that were left, or the mark of a "
    "busy hub. Make all of it in __init__, not in the class or in the module."
)


def _while_one_sends(exercise, one, sock, other, seed):
    """While a thread sends ``LINE`` in ``one``, leave ``LINE`` there, say ``NEXT`` in ``other``.

    Three threads do it, one of them after the other.
    """
    schedule, done = Schedule(seed, [exercise.__file__]), []

    def long_send():
        sock.during_send = lambda: None
        done.append("began")
        schedule.wait("the others, who leave their lines", lambda: len(done) == 3)

    def after(count, submit, line):
        schedule.wait("its turn", lambda: len(done) == count)
        submit(line)
        done.append(line)

    sock.during_send = long_send
    schedule.spawn("anna's thread", lambda: one.submit(LINE))
    schedule.spawn("ben's thread", lambda: after(1, one.submit, LINE))
    schedule.spawn("cara's thread", lambda: after(2, other.submit, NEXT))
    with suppress(Stuck, Endless):  # what did not come is seen by the caller
        schedule.run()
