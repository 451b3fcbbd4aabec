"""A test double of the lab's process: it serves the lab's page and plays INVENTED messages.

No server and no load generator runs. The messages have the form that the lab sends, the figures
are made up by formulas, and what the page sends is kept in ``asked``. For a person:

    python -m tests.hubbub.lab.invented
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

import hubbub


__all__ = ["Invented", "invented_lab"]

PAGE = Path(hubbub.__file__).parent / "lab" / "page"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
RUNTIMES, OWNERSHIPS = ("threads", "asyncio", "trio"), ("mutex", "broadcaster", "direct")
POLICIES = ["disconnect", "drop-oldest", "drop-newest", "block"]
EXHIBITS = [
    "exhibit-await-in-fanout-asyncio",
    "exhibit-await-in-fanout-trio",
    "exhibit-blocking-broadcaster-asyncio",
]
BUCKETS_PER_DECADE = 20
Message = dict[str, Any]


class Invented:
    """One lab that only plays. Its methods run in its own loop."""

    def __init__(self, *, recorded: bool = False, shared_cores: bool = True) -> None:
        self.recorded, self.shared_cores = recorded, shared_cores
        self.asked: list[Message] = []  # what the page sent, in order
        self.connections: set[ServerConnection] = set()
        self.scene: Message = {"server": "asyncio-broadcaster", "policy": "disconnect"}
        self.scene |= {"clients": 1000, "rate": 40, "bytes": 200, "speakers": 1, "outbox": 256}
        self.stalled: dict[int, float] = {}
        self.gone: set[int] = set()
        self.pinned: list[int] = []
        self.said = 0
        self.random = random.Random(7)
        self.port = 0

    async def run(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serve until ``stop``; the port is known when ``ready`` is set."""
        self._loop = asyncio.get_running_loop()
        async with serve(self._talk, "127.0.0.1", self.port, process_request=self._file) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()

    def cut(self) -> None:
        """Drop every connection at once; callable from any thread."""
        for connection in list(self.connections):
            self._loop.call_soon_threadsafe(connection.transport.abort)

    def _file(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer with a file of the page; None for the WebSocket."""
        name = request.path.partition("?")[0].lstrip("/") or "index.html"
        if name == "live":
            return None
        path = PAGE / name
        if path.parent != PAGE or not path.is_file():
            return connection.respond(HTTPStatus.NOT_FOUND, "no such file\n")
        headers = Headers({"Content-Type": KINDS[path.suffix], "Connection": "close"})
        return Response(200, "OK", headers, path.read_bytes())

    async def _talk(self, connection: ServerConnection) -> None:
        self.connections.add(connection)
        await self._say(connection, self._hello())
        await self._say(connection, self.scene | {"is": "scene", "state": "running", "why": None})
        await self._say(connection, self._states())
        playing = asyncio.create_task(self._play(connection))
        try:
            async for text in connection:
                await self._do(connection, json.loads(text))
        finally:
            playing.cancel()
            self.connections.discard(connection)

    async def _say(self, connection: ServerConnection, message: Message) -> None:
        await connection.send(json.dumps(message))

    async def _do(self, connection: ServerConnection, message: Message) -> None:
        """Carry out one wish of the page, as far as a double can."""
        self.asked.append(message)
        what, client = message["do"], message.get("client")
        t = time.monotonic()
        if what == "scene":
            self.scene |= {name: value for name, value in message.items() if name != "do"}
            scene = self.scene | {"is": "scene", "state": "running", "why": None}
            await self._say(connection, scene)
            await self._say(connection, self._states())
        elif what in ("stall", "wake", "kill"):
            assert client is not None
            self.gone.discard(client)
            self.stalled.pop(client, None)
            if what == "stall":
                self.stalled[client] = t
            if what == "kill":
                self.gone.add(client)
            state = {"stall": "stalled", "wake": "in", "kill": "gone"}[what]
            await self._say(connection, {"is": "states", "t": t, "changed": [[client, state]]})
            words = {"stall": "stops reading", "wake": "reads again", "kill": "was killed"}[what]
            event = {"is": "event", "t": t, "kind": what, "client": client}
            await self._say(connection, event | {"text": f"client {client} {words}"})
        elif what == "pin":
            self.pinned = message["clients"]
        elif what == "sigterm":
            await self._say(connection, self.scene | {"is": "scene", "state": "gone", "why": None})
            event = {"is": "event", "t": t, "kind": "signal", "client": None}
            await self._say(connection, event | {"text": "the server got SIGTERM and ended"})
        elif what == "restart":
            scene = self.scene | {"is": "scene", "state": "running", "why": None}
            await self._say(connection, scene)

    def _hello(self) -> Message:
        servers = [
            {"id": f"{runtime}-{hub}", "runtime": runtime, "ownership": hub, "title": ""}
            for runtime in RUNTIMES
            for hub in OWNERSHIPS
        ]
        exhibits = [{"id": name, "title": name, "runtime": "asyncio"} for name in EXHIBITS]
        limits = {"clients": 5000, "rate": 5000, "bytes": 65536, "outbox": 4096}
        return {
            "is": "hello",
            "version": 1,
            "servers": servers,
            "exhibits": exhibits,
            "command": "./mine",
            "policies": POLICIES,
            "limits": limits,
            "generator": "c",
            "shared_cores": self.shared_cores,
            "recorded": self.recorded,
        }

    def _states(self) -> Message:
        changed = []
        for client in range(self.scene["clients"]):
            state = "gone" if client in self.gone else "in"
            changed.append([client, "stalled" if client in self.stalled else state])
        return {"is": "states", "t": time.monotonic(), "changed": changed}

    async def _play(self, connection: ServerConnection) -> None:
        tick = 0
        while True:
            t = time.monotonic()
            await self._say(connection, self.column(t))
            await self._conversation(connection, t)
            if tick % 2 == 0:
                await connection.send(self.depths(t))
            if tick % 5 == 0:
                await self._say(connection, self.figures(t))
                await self._say(connection, self._last(t))
            tick += 1
            await asyncio.sleep(0.1)

    def _p50_ms(self, t: float) -> float:
        fastest = 4.0 if self.scene["server"].startswith("trio") else 7.0
        late = sum(20 * math.exp(-(t - since)) for since in self.stalled.values())
        return fastest + 1.5 * math.sin(t / 4) + self.random.random() + late

    def column(self, t: float) -> Message:
        """One invented column of the heat map."""
        rate, clients = self.scene["rate"], self.scene["clients"]
        middle = self._p50_ms(t)
        at = BUCKETS_PER_DECADE * math.log10(middle * 1000)
        heard = int(rate * clients / 10)
        shape = {
            int(at) + step: math.exp(-((step / (3 if step < 0 else 6)) ** 2))
            for step in range(-6, 16)
        }
        whole = sum(shape.values())
        counts = [
            [b, round(heard * s / whole)] for b, s in shape.items() if heard * s / whole > 0.5
        ]
        found = {"p50_ms": middle, "p99_ms": middle * 2.6} if heard else {}
        column = {"is": "column", "t": t, "sent": int(rate / 10), "heard": heard, "bytes": 0}
        column |= {"late_us": 300, "missing": 0, "untimed": 0, "altered": 0, "counts": counts}
        return column | {"p50_ms": None, "p99_ms": None} | found

    def figures(self, t: float) -> Message:
        """The invented figures; threads have no loop, so its lag is null."""
        middle = self._p50_ms(t)
        threads = self.scene["server"].startswith("threads")
        figures = {"is": "figures", "t": t, "p50_ms": middle, "p99_ms": middle * 2.6}
        figures |= {"deliveries_hz": self.scene["rate"] * self.scene["clients"], "cpu": 0.62}
        figures |= {"rss_bytes": 39_000_000, "threads": 2003 if threads else 1}
        figures |= {"tasks": None if threads else 2003, "lag_ms": None if threads else 6.1}
        figures |= {"writes_per_delivery": 0.41, "switches_hz": 14_000, "evicted": 0}
        figures |= {"dropped": None, "held": 0, "deepest": 247, "capacity": self.scene["outbox"]}
        return figures | {"late_ms": 0.3}

    def depths(self, t: float) -> bytes:
        """One byte of kind, then one byte per client: a stalled client fills in three seconds."""
        depths = bytearray([1])
        for client in range(self.scene["clients"]):
            calm = 20 + 200 * self.random.random() ** 9
            since = self.stalled.get(client)
            depths.append(int(calm) if since is None else min(255, int(85 * (t - since))))
        return bytes(depths)

    def _last(self, t: float) -> Message:
        clients = self.scene["clients"]
        arrivals = [
            -1 if one in self.stalled else 400 + 9000 * one // clients + self.random.randrange(900)
            for one in range(clients)
        ]
        return {"is": "last", "t": t, "message": self.said, "arrivals_us": arrivals}

    async def _conversation(self, connection: ServerConnection, t: float) -> None:
        """Say one message, and a verdict now and then if the server mixes up its orders."""
        if not self.pinned or not self.scene["rate"]:
            return
        self.said += 1
        speaker = self.pinned[self.said % len(self.pinned)]
        line = f"abcdef #{self.said:08d}"
        said = {"is": "said", "t": t, "client": speaker, "name": f"c{speaker}", "line": line}
        await self._say(connection, said)
        for place, client in enumerate(self.pinned):
            heard = {"is": "heard", "t": t + 0.012 + 0.006 * place + 0.01 * self.random.random()}
            heard |= {"client": client, "name": f"c{client}", "line": f"c{speaker}: {line}"}
            await self._say(connection, heard)
        if "await" in self.scene["server"] and self.said % 30 == 20:
            text = "Two clients heard two messages in different orders."
            verdict = {"is": "verdict", "t": t, "rule": "order.total", "text": text, "line": line}
            await self._say(connection, verdict | {"clients": self.pinned[:2]})
            event = {"is": "event", "t": t, "kind": "verdict", "client": None}
            await self._say(connection, event | {"text": f"order.total: {text}"})


@contextmanager
def invented_lab(lab: Invented | None = None) -> Iterator[Invented]:
    """Serve in a thread of its own; yields the lab when its port is known."""
    lab = lab or Invented()
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(lab.run(ready, stop)))
    thread.start()
    ready.wait(10)
    try:
        yield lab
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


if __name__ == "__main__":
    with invented_lab() as made:
        print(f"invented messages: http://127.0.0.1:{made.port}/?token=x#clients=1000", flush=True)
        threading.Event().wait()
