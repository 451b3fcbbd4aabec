"""Lesson 15: your own server. Make it keep its promises.

Start it with `python exercise.py --tcp 127.0.0.1:8000`, then talk to it with `nc 127.0.0.1 8000`.
The doors and the decoding of lines are given; the room is yours. You may also throw all of it away
and write your own server, with threads or with another library. The suite only talks to it from
outside; implementations/PROTOCOL.md says what it should answer.

Now it breaks five promises, at four places.

Judge it with `hubbub check 15`; `hubbub check 15 --hint` helps.
"""

from __future__ import annotations

import asyncio
import signal  # noqa: F401  you will want signal.SIGTERM

from both_doors import open_doors
from lines import Complaint, lines_of


class Room:
    """The members, and what is said to them. No method but `serve` waits: all hear one order."""

    def __init__(self):
        self._names = {}  # writer -> name, in order of arrival

    async def serve(self, reader, writer):
        """Serve one client from its welcome to its end."""
        self._join(writer)
        async for line in lines_of(reader):
            self._obey(writer, line)
        # TODO 2 (membership.left-once): when a client resets its connection, the loop above
        # raises ConnectionError, and the next line never runs.
        self._leave(writer, "left")
        writer.close()

    def _join(self, writer):
        name = "{}:{}".format(*writer.get_extra_info("peername"))
        self._tell_all(f"* {name} joined")
        self._names[writer] = name
        self._tell(writer, f"* you are {name}")
        self._tell(writer, self._roster())

    def _leave(self, writer, cause):
        name = self._names.pop(writer)
        self._tell_all(f"* {name} {cause}")

    def _obey(self, writer, line):
        if isinstance(line, Complaint):
            self._tell(writer, f"! {line}")
        elif line == "/who":
            self._tell(writer, self._roster())
        elif line.startswith(("/rename ", "rename|")):
            self._rename(writer, line[7:].strip())  # both verbs have seven characters
        else:
            self._tell_all(f"{self._names[writer]}: {line.removeprefix('/say ')}")

    def _rename(self, writer, new):
        # TODO 1 (names.taken): if another client has the name, tell only this client
        # "! name taken: NEW". Two names are the same if they are equal after NFKC normalisation
        # and case folding.
        old, self._names[writer] = self._names[writer], new
        self._tell_all(f"* {old} is now {new}")

    def _roster(self):
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"

    def _tell(self, writer, line):
        writer.write(f"{line}\n".encode())

    def _tell_all(self, line):
        # TODO 3 (slow.cut-off): lines that a client does not read wait in its writer, without
        # a limit. When more than a mebibyte waits, cut the client off, and tell all others
        # "* NAME was too slow". Do not wait here: that would break slow.isolation instead.
        for writer in self._names:
            self._tell(writer, line)


async def main():
    """Serve until a signal comes."""
    # TODO 4 (shutdown.announce, shutdown.exit): on SIGTERM and SIGINT, send everyone
    # "* server is shutting down", end all connections, and exit with code 0.
    room = Room()
    async with open_doors(room.serve):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
