"""Expect: did not read for a moment, and then read on"""

import asyncio
import signal
import unicodedata

from both_doors import open_doors
from lines import Complaint, lines_of


MOST = 0


def key(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class Room:
    def __init__(self):
        self._names = {}

    async def serve(self, reader, writer):
        self._join(writer)
        try:
            async for line in lines_of(reader):
                if writer not in self._names:
                    break
                self._obey(writer, line)
        except ConnectionError:
            pass
        finally:
            self._leave(writer, "left")
            writer.close()

    def _join(self, writer):
        name = "{}:{}".format(*writer.get_extra_info("peername"))
        self._tell_all(f"* {name} joined")
        self._names[writer] = name
        self._tell(writer, f"* you are {name}")
        self._tell(writer, self._roster())

    def _leave(self, writer, cause):
        name = self._names.pop(writer, None)
        if name is not None:
            self._tell_all(f"* {name} {cause}")

    def _obey(self, writer, line):
        if isinstance(line, Complaint):
            self._tell(writer, f"! {line}")
        elif line == "/who":
            self._tell(writer, self._roster())
        elif line.startswith(("/rename ", "rename|")):
            self._rename(writer, line[7:].strip())
        else:
            self._tell_all(f"{self._names[writer]}: {line.removeprefix('/say ')}")

    def _rename(self, writer, new):
        if any(key(n) == key(new) for w, n in self._names.items() if w is not writer):
            self._tell(writer, f"! name taken: {new}")
            return
        old, self._names[writer] = self._names[writer], new
        self._tell_all(f"* {old} is now {new}")

    def _roster(self):
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"

    def _tell(self, writer, line):
        writer.write(f"{line}\n".encode())

    def _tell_all(self, line):
        for writer in self._names:
            self._tell(writer, line)
        slow = [w for w in self._names if w.transport.get_write_buffer_size() > MOST]
        for writer in slow:
            self._leave(writer, "was too slow")
            writer.transport.abort()

    async def end(self):
        self._tell_all("* server is shutting down")
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
