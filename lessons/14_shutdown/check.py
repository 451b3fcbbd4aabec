"""Judges lesson 14: the end of a room, on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import math
import sys
from contextlib import contextmanager
from pathlib import Path

from hubbub.learning.promises import Broken, promise
from hubbub.learning.tasks import run_shuffled


sys.path.insert(0, str(Path(__file__).parent))
import room as the_room  # it lies beside this file
from room import Connection, Room


INTERFACE = """
async shutdown(room)
"""
GOODBYE = "* server is shutting down"
LINES = [f"anna: {number}" for number in range(1, 51)]
DRAIN_S = 5.0
UP_S = 1000.0  # that the server has been up


class _Scene:
    """A room with clients in it and lines in its inbox, and what its end did to them."""

    def __init__(
        self, *clients, lines=LINES, newcomers_at=(), again_at=(), patience_s=1000.0
    ) -> None:
        self.clients = {client.name: client for client in clients}
        self.lines = list(lines)
        self.newcomers_at, self.again_at, self.patience_s = newcomers_at, again_at, patience_s
        self.let_in = []  # newcomers, by when
        self.closed_early = []  # those that were closed while their writer was at it
        self.came_back_early = False  # a call did, while connections were open
        self.took_s = 0.0
        self.untouched = False  # shutdown came back, and had done nothing
        self.left = []  # tasks

    def play(self, exercise, seed):
        """Shut the room down; return this scene."""
        run_shuffled(self._play(exercise), seed)
        return self

    async def _play(self, exercise):
        loop = asyncio.get_running_loop()
        before = asyncio.all_tasks()
        await asyncio.sleep(UP_S)  # a loop's clock does not begin with the room
        room = self.room = Room(DRAIN_S)
        for client in self.clients.values():
            room.enter(client)
            client.on_close = lambda name=client.name: self._on_close(name)
        for line in self.lines:
            room.inbox.put_nowait(line)
        await asyncio.sleep(0.1)  # some are in outboxes by now, some on their way, some taken
        start_s = loop.time()
        for after_s in self.newcomers_at:
            loop.call_at(start_s + after_s, self._comes, after_s)
        calls = [loop.create_task(self._call(exercise))]
        for after_s in self.again_at:
            await asyncio.sleep(start_s + after_s - loop.time())
            calls.append(loop.create_task(self._call(exercise)))
        done, late = await asyncio.wait(calls, timeout=self.patience_s)
        for call in done:
            if call.cancelled():
                raise Broken(
                    "shutdown ended with a CancelledError: a task that awaits a cancelled one gets "
                    "this exception from it. asyncio.wait does not raise it, nor does gather with "
                    "return_exceptions=True."
                )
            call.result()
        if late:
            raise Broken(self._never())
        self.took_s = loop.time() - start_s
        self.untouched = room.door.open and not any(c.closed for c in self.clients.values())
        await asyncio.sleep(0.0)
        ours = {*before, *calls}
        self.left = [task for task in asyncio.all_tasks() - ours if not task.done()]

    async def _call(self, exercise):
        await exercise.shutdown(self.room)
        if not all(client.closed for client in self.clients.values()):
            self.came_back_early = True

    def _comes(self, after_s):
        if self.room.enter(Connection(f"newcomer-{after_s:g}")):
            self.let_in.append(after_s)

    def _on_close(self, name):
        if not self.room.writers[name].done():
            self.closed_early.append(name)

    def _never(self):
        stuck = [
            name
            for name, writer in self.room.writers.items()
            if not writer.done() and math.isinf(self.clients[name]._takes_s)
        ]
        if self.room.inbox.qsize() and self.room.owner.done():
            return (
                "The shutdown never ended: it waits until the inbox is empty, and the owner, which "
                "takes the lines out of it, had been ended before. Wait for the inbox first "
                "(`await room.inbox.join()`), then end the owner."
            )
        if self.room.inbox.qsize():
            return (
                "The shutdown never ended: the inbox is never empty, for a client still talks, and "
                "its reader still accepts that. End the readers before you wait for the inbox."
            )
        if stuck:
            return (
                f"The shutdown never ended: {_name(stuck[0])} has stopped reading, and it waits "
                "for that writer. Every wait for a client needs the deadline."
            )
        return (
            "The shutdown never ended: it waits for something that never comes. Every wait for a "
            "client needs the deadline."
        )

    def chat(self, name):
        """Return what a client took, the goodbye left out."""
        return [line for line in self.clients[name].taken if line != GOODBYE]

    def lacks(self, name):
        """Return where a client's lines are that it did not get, in words, if any."""
        missing = [line for line in self.lines if line not in self.clients[name].taken]
        if not missing:
            return ""
        inbox = self.room.inbox.qsize()
        on_the_way = len([line for line in self.clients[name].lost if line != GOODBYE])
        outbox = max(0, len(missing) - inbox - on_the_way)
        places = [(inbox, "in the inbox"), (outbox, "in the outbox")]
        places += [(on_the_way, "on the way when the connection was closed")]
        where = ", ".join(f"{count} {place}" for count, place in places if count)
        return f"{len(missing)} of {len(self.lines)}: {where}"


def _name(name):
    return name.title()


def _times(count):
    return "once" if count == 1 else f"{count} times"


def _readers():
    return Connection("anna"), Connection("ben"), Connection("cara")


@contextmanager
def _owner_needs(seconds):
    """Have the owner need so long for a line."""
    before, the_room.CARRY_S = the_room.CARRY_S, seconds
    try:
        yield
    finally:
        the_room.CARRY_S = before


@promise("shutdown.delivers", "What was accepted reaches everyone who takes it.", seeds=8)
def delivers(exercise, seed):
    # How long the inbox takes to empty: nothing, the usual half a second, and three seconds.
    sizes = ((50, 0.01), (0, 0.01), (1, 0.01), (300, 0.01), (40, 0.07), (120, 0.01))
    for size, carry_s in sizes[: 1 if seed % 4 else None]:
        clients = (*_readers(), Connection("dan", takes_s=0.05 if size == 50 else 0.005))
        lines = [f"anna: {number}" for number in range(1, size + 1)]
        with _owner_needs(carry_s):
            scene = _Scene(*clients, lines=lines).play(exercise, seed)
        _all_delivered(scene, carry_s)


def _all_delivered(scene, carry_s):
    count, needs_s = len(scene.lines), len(scene.lines) * carry_s
    if scene.untouched and scene.clients:
        raise Broken(
            "shutdown came back, the door of the room is still open, and no connection was closed: "
            "it did nothing. If it did so only for the second room, your code keeps in the module "
            "that it was called; keep it in room.stopping."
        )
    for name in scene.clients:
        if lacks := scene.lacks(name):
            enough = f", and {DRAIN_S:g} s are given" if needs_s > 1 else ""
            raise Broken(
                f"{count} lines were accepted when the signal came, and {_name(name)}, who reads, "
                f"did not get {lacks}. The owner needs {needs_s:.1f} s for them{enough}. "
                f"{_why(lacks)}"
            )
        if strange := [line for line in scene.chat(name) if line not in scene.lines]:
            raise Broken(
                f"{_name(name)} got {strange[0]!r}, and nobody said that. The goodbye is GOODBYE, "
                f"{GOODBYE!r}, as it stands in the exercise."
            )
        if scene.chat(name) != scene.lines:
            raise Broken(f"{_name(name)} got the lines in another order, or some of them twice.")


def _why(lacks):
    if "inbox" in lacks:
        return (
            "Wait for the inbox itself (`await room.inbox.join()`) before you end the owner: a "
            "time that you sleep is too short for one inbox and too long for another."
        )
    if "outbox" in lacks:
        return "Close the outbox, not the connection: its writer ends when it has sent all."
    return (
        "That all is written does not mean that all is taken: end your side, and wait until the "
        "client has ended its own."
    )


@promise("shutdown.announce", "The goodbye is the last line, and comes once.", seeds=8)
def announce(exercise, seed):
    scene = _Scene(*_readers(), Connection("dan", takes_s=0.05)).play(exercise, seed)
    for name, client in scene.clients.items():
        goodbyes = client.taken.count(GOODBYE)
        if not goodbyes and GOODBYE in client.lost:
            raise Broken(
                f"The goodbye was on its way to {_name(name)} when the connection was closed, and "
                "was lost. End your side, and wait until the client has ended its own."
            )
        if not goodbyes:
            raise Broken(
                f"{_name(name)} got no goodbye: to a client it looks as if the server had crashed."
            )
        if goodbyes > 1:
            raise Broken(f"{_name(name)} got the goodbye {goodbyes} times.")
        if client.taken[-1] != GOODBYE:
            behind = len(client.taken) - 1 - client.taken.index(GOODBYE)
            raise Broken(
                f"{_name(name)} got the goodbye, and {behind} lines after it: it is the last word. "
                "Say it when the inbox has been carried out, and not before."
            )


@promise("shutdown.refuses", "From the first moment on no client is let in or heard.", seeds=8)
def refuses(exercise, seed):
    newcomers_at = (0.005, 0.1, 0.45, 0.6, 1.0)
    clients = (*_readers(), Connection("dan", takes_s=0.02))
    scene = _Scene(*clients, newcomers_at=newcomers_at).play(exercise, seed)
    if scene.let_in:
        raise Broken(
            f"A newcomer was let in {scene.let_in[0]:g} s after the shutdown had begun: nobody "
            "will say goodbye to it. Close the door first."
        )
    talker = Connection("emil", says_every_s=0.005)
    scene = _Scene(*_readers(), talker, patience_s=2 * DRAIN_S).play(exercise, seed)
    said = len([line for line in scene.chat("anna") if line.startswith("emil: ")])
    if said > 25:  # some twenty before the signal
        raise Broken(
            f"Emil talks all the time, and was still heard while the room ended: {said} lines of "
            "his were accepted, most of them after the signal. End the readers before you wait for "
            "the inbox, or it is never empty."
        )


@promise(
    "shutdown.exit", "It is over within drain_s, whatever clients do, and sooner if it can be."
)
def within_time(exercise, seed):
    scene = _Scene().play(exercise, seed)
    scene = _Scene(*_readers()).play(exercise, seed)
    if scene.took_s > DRAIN_S / 2:
        why = "End your side (`connection.end()`): a client ends its own when it has seen the end."
        if any(writer.cancelled() for writer in scene.room.writers.values()):
            why = "A writer waits for its outbox until a None comes out of it: put one in."
        raise Broken(
            f"All had taken everything long before, and it took {scene.took_s:.1f} s: a deadline "
            f"is the longest wait, not the wait. {why}"
        )
    frozen = [Connection(name, takes_s=math.inf) for name in ("dan", "emil", "fred")]
    slow = Connection("gina", takes_s=0.06)
    stubborn = [Connection("hugo", ends=False), Connection("ines", ends=False)]
    scene = _Scene(*_readers(), *frozen, slow, *stubborn).play(exercise, seed)
    if scene.took_s > DRAIN_S + 0.001:
        each = " Each of them had a deadline of its own, one after the other: it is one for all."
        raise Broken(
            f"Three clients have stopped reading, two never end their side, and it took "
            f"{scene.took_s:.1f} s; {DRAIN_S:g} s were given."
            f"{each if scene.took_s > 1.9 * DRAIN_S else ''}"
        )
    for name in ("anna", "gina"):
        if lacks := scene.lacks(name):
            raise Broken(
                f"{_name(name)} reads, {'slowly, ' if name == 'gina' else ''}and would have had "
                f"all in time; others had stopped reading, and she did not get {lacks}. Wait for "
                "all at once."
            )
    unclosed = [name for name, client in scene.clients.items() if not client.closed]
    if unclosed:
        raise Broken(f"{_name(unclosed[0])}'s connection was never closed.")
    slow = [Connection(f"client-{number}", takes_s=0.4) for number in range(1, 9)]
    scene = _Scene(*slow, lines=LINES[:1]).play(exercise, seed)
    if scene.took_s > DRAIN_S / 2:
        raise Broken(
            f"Eight clients need about a second each to take what waits for them, and the shutdown "
            f"took {scene.took_s:.1f} s: it sees them off one after the other. Wait for all at "
            "once, in a task for each (asyncio.gather)."
        )


@promise(
    "lesson.joined", "A connection is closed when its writer has ended; no task is left.", seeds=8
)
def joined(exercise, seed):
    clients = (*_readers(), Connection("dan", takes_s=math.inf))
    scene = _Scene(*clients).play(exercise, seed)
    if scene.closed_early:
        raise Broken(
            f"{_name(scene.closed_early[0])}'s connection was closed while the writer was still at "
            "it: to cancel a task is to ask it, and until it has ended it may write. Wait for "
            "the task, then close."
        )
    if scene.left:
        room = scene.room
        known = {task: f"{name}'s reader" for name, task in room.readers.items()}
        known |= {task: f"{name}'s writer" for name, task in room.writers.items()}
        known |= {room.owner: "the owner"}
        told = sorted(known.get(task, "one of yours") for task in scene.left)
        raise Broken(
            f"When shutdown came back, tasks were still there: {', '.join(told[:3])}. Cancel what "
            "runs for ever, and wait until it has ended."
        )


@promise("lesson.again", "A second call changes nothing.", seeds=8)
def again(exercise, seed):
    dan = Connection("dan", takes_s=0.05)
    again_at = (0.0, 0.0, 0.001, 1.0, 2 * DRAIN_S)
    scene = _Scene(*_readers(), dan, again_at=again_at).play(exercise, seed)
    for name, client in scene.clients.items():
        goodbyes = client.taken.count(GOODBYE)
        if goodbyes != 1 or client.closed != 1:
            raise Broken(
                f"shutdown was called {1 + len(again_at)} times, three of them at once; "
                f"{_name(name)} got the goodbye {_times(goodbyes)}, and the connection was closed "
                f"{_times(client.closed)}. The second call must find that there was a first: set "
                "room.stopping as soon as you have looked at it. With an `await` between the two, "
                "two calls find nothing there."
            )
        if lacks := scene.lacks(name):
            raise Broken(
                f"shutdown was called again while it was still at work, and {_name(name)} did not "
                f"get {lacks}."
            )
    if scene.came_back_early:
        raise Broken(
            "The second call came back while the first was still at work: its caller takes the "
            "shutdown for over and ends the process. Wait for the same end."
        )
