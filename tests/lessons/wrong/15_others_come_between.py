"""Expect: did not hear it all in one order, once"""

import asyncio
import signal
import unicodedata

from both_doors import open_doors
from lines import Complaint, lines_of


MOST = 1 << 20


def key(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class Room:
    def __init__(self):
        self._names = {}

    async def serve(self, reader, writer):
        await self._join(writer)
        try:
            async for line in lines_of(reader):
                if writer not in self._names:
                    break
                await self._obey(writer, line)
        except ConnectionError:
            pass
        finally:
            await self._leave(writer, "left")
            writer.close()

    async def _join(self, writer):
        name = "{}:{}".format(*writer.get_extra_info("peername"))
        await self._tell_all(f"* {name} joined")
        self._names[writer] = name
        self._tell(writer, f"* you are {name}")
        self._tell(writer, self._roster())

    async def _leave(self, writer, cause):
        name = self._names.pop(writer, None)
        if name is not None:
            await self._tell_all(f"* {name} {cause}")

    async def _obey(self, writer, line):
        if isinstance(line, Complaint):
            self._tell(writer, f"! {line}")
        elif line == "/who":
            self._tell(writer, self._roster())
        elif line.startswith(("/rename ", "rename|")):
            await self._rename(writer, line[7:].strip())
        else:
            await self._tell_all(f"{self._names[writer]}: {line.removeprefix('/say ')}")

    async def _rename(self, writer, new):
        if any(key(n) == key(new) for w, n in self._names.items() if w is not writer):
            self._tell(writer, f"! name taken: {new}")
            return
        old, self._names[writer] = self._names[writer], new
        await self._tell_all(f"* {old} is now {new}")

    def _roster(self):
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"

    def _tell(self, writer, line):
        writer.write(f"{line}\n".encode())

    async def _tell_all(self, line):
        for writer in list(self._names):
            self._tell(writer, line)
            await asyncio.sleep(0)
        slow = [w for w in self._names if w.transport.get_write_buffer_size() > MOST]
        for writer in slow:
            await self._leave(writer, "was too slow")
            writer.transport.abort()

    async def end(self):
        await self._tell_all("* server is shutting down")
        writers = list(self._names)
        self._names.clear()
        for writer in writers:
            writer.close()
        if writers:
            await asyncio.wait([asyncio.create_task(w.wait_closed()) for w in writers], timeout=2)


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    room = Room()
    async with open_doors(room.serve):
        await stop.wait()
        await room.end()


if __name__ == "__main__":
    asyncio.run(main())
