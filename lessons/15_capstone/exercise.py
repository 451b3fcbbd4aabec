"""Lesson 15: your own server. Make it keep its promises.

It is a program: `python exercise.py --tcp 127.0.0.1:8000`, then `nc 127.0.0.1 8000`. The doors and
the cutting of bytes into lines are given, and the room is yours. You may throw all of it away and
write it anew, with threads or with another library: it is judged at its door alone, and what it
should say there stands in implementations/PROTOCOL.md.

As it stands it breaks five promises, at four places.

Judge it with `hubbub check 15`; `hubbub check 15 --hint` helps.
"""

from __future__ import annotations

import asyncio
import signal  # noqa: F401  you will want signal.SIGTERM

from both_doors import open_doors
from lines import Complaint, lines_of


class Room:
    """Who is in it, and what is said to all. No step of it waits: so all hear one order."""

    def __init__(self):
        self._names = {}  # of each client, by its writer, in order of arrival

    async def serve(self, reader, writer):
        """Serve one client from its welcome to its end."""
        self._join(writer)
        async for line in lines_of(reader):
            self._obey(writer, line)
        # TODO 2 (membership.left-once): a client that resets its connection never gets here, for
        # the loop above raises ConnectionError.
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
        # TODO 1 (names.taken): "! name taken: NEW" for the asker alone where another has it. Two
        # names are one if they are alike once NFKC-normalised and case-folded.
        old, self._names[writer] = self._names[writer], new
        self._tell_all(f"* {old} is now {new}")

    def _roster(self):
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"

    def _tell(self, writer, line):
        writer.write(f"{line}\n".encode())

    def _tell_all(self, line):
        # TODO 3 (slow.cut-off): what a client does not read waits in its writer, without an end.
        # Where more than a mebibyte waits, cut it off: "* NAME was too slow" for all others.
        # Wait for nobody here: that would break slow.isolation instead.
        for writer in self._names:
            self._tell(writer, line)


async def main():
    """Serve until a signal comes."""
    # TODO 4 (shutdown.announce, shutdown.exit): on SIGTERM and SIGINT everyone gets
    # "* server is shutting down" and then the end; the exit code is 0.
    room = Room()
    async with open_doors(room.serve):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
