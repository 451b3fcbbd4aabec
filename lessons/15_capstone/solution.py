"""Lesson 15, solved: a chat server on asyncio's streams.

No step of the room contains an `await`, so no other task can run in the middle of one. All clients
hear one order, and no lock is needed. A client's outbox is the buffer of its transport. The room
checks the size of that buffer and never waits for it. Only a talker waits, and not for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import unicodedata

from both_doors import open_doors, setting
from lines import Complaint, lines_of


OUTBOX_BYTES = 1 << 20  # at most this many wait for one client
READS_S = 1.0  # a client that is still behind then does not read: no talker waits for it
MAX_LINE_BYTES, MAX_CLIENTS = setting("max_line", 4096), setting("max_clients", 10_000)
IDLE_S, DRAIN_S = setting("idle_timeout", 300.0), setting("drain_timeout", 5.0)

HELP = "* commands: /who, /rename NEW, /say TEXT, /quit, /help"
BAD_NAME = "! bad name: 1 to 32 printable characters, no space or ':', not '*', '!' or '/' first"
FAREWELLS = {"timed out": "! timed out: you said nothing", "was too slow": "! too slow: read on"}


class Room:
    """The members, and what is said to all of them."""

    def __init__(self):
        self._names = {}  # writer -> name, in order of arrival
        self._stuck = set()  # the clients that are far behind and do not read
        self._served = set()  # one task per connection

    async def serve(self, reader, writer):
        """Serve one client from its welcome to its end."""
        task = asyncio.current_task()
        self._served.add(task)
        task.add_done_callback(self._served.discard)
        writer.transport.set_write_buffer_limits(OUTBOX_BYTES // 2, OUTBOX_BYTES * 7 // 16)
        await self._pace()
        if len(self._names) < MAX_CLIENTS:
            self._join(writer)
            self._leave(writer, await self._listen(reader, writer))
        else:
            self._tell(writer, "! server is full")
            _see_off(writer)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(READS_S):  # a reset might lose its last lines
                while await reader.read(1 << 16):
                    pass
        writer.close()

    async def close(self):
        """Announce the end to everyone, and close their connections."""
        self._tell_all("* server is shutting down")
        while self._names:
            _see_off(self._names.popitem()[0])
        if self._served:
            await asyncio.wait(self._served, timeout=DRAIN_S)

    async def _listen(self, reader, writer):
        """Do what a client asks; return how its stay ended."""
        lines = lines_of(reader, MAX_LINE_BYTES)
        try:
            while True:
                async with asyncio.timeout(IDLE_S):
                    line = await anext(lines, "/quit")
                await self._pace()
                if line == "/quit" or writer not in self._names:
                    return "left"
                self._obey(writer, line)
                if _waiting_bytes(writer) > OUTBOX_BYTES:  # it asks but does not read the answers
                    return "was too slow"
        except TimeoutError:
            return "timed out"
        except ConnectionError:
            return "left"

    async def _pace(self):
        """Wait while a client that reads is far behind: a fast talker is read later."""
        while behind := {one for one in self._names if _waiting_bytes(one) > OUTBOX_BYTES // 2}:
            self._stuck &= behind
            if behind == self._stuck:
                return
            drains = [one.drain() for one in behind - self._stuck]
            try:
                async with asyncio.timeout(READS_S):
                    await asyncio.gather(*drains, return_exceptions=True)
            except TimeoutError:
                self._stuck |= behind

    # From here on no method waits: each call is one step in the room's order.

    def _join(self, writer):
        name = "{}:{}".format(*writer.get_extra_info("peername"))
        self._tell_all(f"* {name} joined")
        self._names[writer] = name
        self._tell(writer, f"* you are {name}")
        self._tell(writer, self._roster())

    def _leave(self, writer, cause):
        """Remove a client, once."""
        if writer in self._names:
            name = self._names.pop(writer)
            if cause in FAREWELLS:
                self._tell(writer, FAREWELLS[cause])
            _see_off(writer)
            self._tell_all(f"* {name} {cause}")

    def _obey(self, writer, line):
        verb, _, rest = line.partition(" ")
        if isinstance(line, Complaint):
            self._tell(writer, f"! {line}")
        elif line in ("who", "/who"):
            self._tell(writer, self._roster())
        elif verb == "/rename" or line.startswith("rename|"):
            self._rename(writer, line[len("/rename") :].strip())
        elif line == "/help":
            self._tell(writer, HELP)
        elif verb == "/say" or not line.startswith("/"):
            self._tell_all(f"{self._names[writer]}: {rest if verb == '/say' else line}")
        else:
            self._tell(writer, f"! unknown command: {verb} (try /help)")

    def _rename(self, writer, new):
        others = [name for other, name in self._names.items() if other is not writer]
        if not is_name(new):
            self._tell(writer, BAD_NAME)
        elif key_of(new) in map(key_of, others):
            self._tell(writer, f"! name taken: {new}")
        else:
            old, self._names[writer] = self._names[writer], new
            self._tell_all(f"* {old} is now {new}")

    def _roster(self):
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"

    def _tell(self, writer, line):
        writer.write(f"{line}\n".encode())

    def _tell_all(self, line):
        """Give a line to all without waiting, then cut off clients with too many waiting bytes."""
        data = f"{line}\n".encode()
        for writer in self._names:
            writer.write(data)
        for writer in [one for one in self._names if _waiting_bytes(one) > OUTBOX_BYTES]:
            self._leave(writer, "was too slow")


def key_of(name):
    """Return the form in which two different names must differ."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_name(name):
    """Return whether a name is readable, and whether no line that begins with it can deceive."""
    forms = (name, unicodedata.normalize("NFKC", name))  # the name itself, and what it looks like
    first, all_of = {form[:1] for form in forms}, set().union(*forms)
    deceives = first & set("*!/") or ":" in all_of or any(map(str.isspace, all_of))
    return 0 < len(name) <= 32 and name.isprintable() and not deceives


def _waiting_bytes(writer):
    return writer.transport.get_write_buffer_size()


def _see_off(writer):
    """End our stream after a client's waiting bytes; drop a client that does not take them."""
    asyncio.get_running_loop().call_later(DRAIN_S, writer.transport.abort)
    with contextlib.suppress(OSError):
        writer.write_eof() if writer.can_write_eof() else writer.close()


async def main():
    """Serve until a signal comes; a second one ends the process at once."""
    room, stop = Room(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_doors(room.serve):
        await stop.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
    await room.close()


if __name__ == "__main__":
    asyncio.run(main())
