"""Expect: The room waits for it"""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata

from both_doors import open_doors
from lines import Complaint, lines_of


room = {}  # the name of each client, by its writer


async def tell_all(line):
    for writer in list(room):
        with contextlib.suppress(OSError):
            writer.write(f"{line}\n".encode())
            await writer.drain()


def key_of(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def roster():
    return f"* online ({len(room)}): {', '.join(room.values())}\n".encode()


async def serve(reader, writer):
    name = "{}:{}".format(*writer.get_extra_info("peername"))
    await tell_all(f"* {name} joined")
    room[writer] = name
    writer.write(f"* you are {name}\n".encode() + roster())
    with contextlib.suppress(ConnectionError):
        async for line in lines_of(reader):
            name = room[writer]
            if isinstance(line, Complaint):
                writer.write(f"! {line}\n".encode())
            elif line == "/who":
                writer.write(roster())
            elif not line.startswith(("/rename ", "rename|")):
                await tell_all(f"{name}: {line.removeprefix('/say ')}")
            elif key_of(line[7:].strip()) in {key_of(room[one]) for one in room if one != writer}:
                writer.write(f"! name taken: {line[7:].strip()}\n".encode())
            else:
                room[writer] = line[7:].strip()
                await tell_all(f"* {name} is now {room[writer]}")
    name = room.pop(writer)
    await tell_all(f"* {name} left")
    writer.close()


async def main():
    async with open_doors(serve):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
