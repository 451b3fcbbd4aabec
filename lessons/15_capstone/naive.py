"""A chat server in two dozen lines: it lets clients in and sends what they say to all."""

from __future__ import annotations

import asyncio

from both_doors import open_doors


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
    while data := await reader.read(4096):
        line = data.decode().strip()
        if line == "/who":
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
