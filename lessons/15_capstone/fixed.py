"""The same server, but it reads lines, and does not take each read for a line."""

from __future__ import annotations

import asyncio

from both_doors import open_doors
from lines import Complaint, lines_of


room = {}  # writer -> name


def tell_all(line):
    for writer in room:
        writer.write(f"{line}\n".encode())


def roster():
    return f"* online ({len(room)}): {', '.join(room.values())}"


async def serve(reader, writer):
    name = "{}:{}".format(*writer.get_extra_info("peername"))
    tell_all(f"* {name} joined")
    room[writer] = name
    writer.write(f"* you are {name}\n{roster()}\n".encode())
    async for line in lines_of(reader):
        if isinstance(line, Complaint):
            writer.write(f"! {line}\n".encode())
        elif line == "/who":
            writer.write(f"{roster()}\n".encode())
        elif line.startswith("/rename "):
            room[writer] = line.removeprefix("/rename ")
            tell_all(f"* {name} is now {room[writer]}")
            name = room[writer]
        else:
            tell_all(f"{name}: {line.removeprefix('/say ')}")
    del room[writer]
    tell_all(f"* {name} left")
    writer.close()


async def main():
    async with open_doors(serve):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
