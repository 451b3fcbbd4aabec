"""The server in the asyncio runtime: two doors, their acceptors, and an orderly end.

Mirrors on_threads/server.py and on_trio/server.py. It reads from top to bottom like the
server's life: bind, announce, accept, shut down.

Invariants:
  1. Nothing is announced before both doors are open.
  2. Every task is in one of two groups. The hub's group outlives the connections' group,
     and no task outlives `serve`.
  3. `serve` returns within ``drain_timeout`` after the first signal.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

from implementations.core.line_codec import LineCodec
from implementations.core.message import TCP, WS, Door
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.doors import NEWCOMER_GONE, OUT_OF_DESCRIPTORS, listen, peer_name, where
from implementations.on_asyncio.connection import Connection
from implementations.on_asyncio.hub import Hub
from implementations.on_asyncio.readiness import readable
from implementations.probe import LAG_STEP_S, CountedSocket, Probe
from implementations.start import stop_signals


__all__ = ["serve"]

ACCEPT_BATCH = 32  # connections per turn: a storm of newcomers must not keep the room waiting
ACCEPT_RETRY_S = 0.25  # when the process is out of descriptors, try again after this time
DRAIN_SHARE = 0.9  # this share of drain_timeout is for delivering, the rest for cancelling

MakeHub = Callable[[Settings], Hub]

log = logging.getLogger("hubbub")


async def serve(
    settings: Settings,
    make_hub: MakeHub,
    site: Site,
    announce: Callable[[Endpoint, Endpoint], None],
) -> None:
    """Serve both doors until a stop signal, then deliver what was accepted and return.

    Args:
        make_hub: the class of one of this package's hubs.
        site: what the WebSocket door answers to a browser.
        announce: called once, when both doors are open, with the addresses of the TCP
            door and of the WebSocket door.

    Raises:
        CannotStart: a door could not be opened.
    """
    with listen(settings.tcp) as tcp, listen(settings.ws) as ws:
        await _Server(settings, make_hub, site).run(tcp, ws, announce)


class _Server:
    def __init__(self, settings: Settings, make_hub: MakeHub, site: Site) -> None:
        self._settings = settings
        self._site = site
        self._hub = make_hub(settings)
        self._probe: Probe | None = None
        if site.lab:
            self._probe = Probe(settings.writer, lambda: len(asyncio.all_tasks()))
            self._site = replace(site, figures=self._probe.answer)
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._stopping = asyncio.Event()
        self._client_ids = itertools.count(1)

    async def run(
        self, tcp: socket.socket, ws: socket.socket, announce: Callable[[Endpoint, Endpoint], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in stop_signals():
            loop.add_signal_handler(number, self._stop, number)
        async with asyncio.TaskGroup() as hub:
            hub.create_task(self._hub.run(), name="hub")
            try:
                async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as connections:
                    acceptors = [
                        connections.create_task(self._accept(tcp, TCP, connections)),
                        connections.create_task(self._accept(ws, WS, connections)),
                    ]
                    if self._probe is not None:
                        acceptors.append(connections.create_task(_measure_lag(self._probe)))
                    announce(where(tcp), where(ws))
                    await self._stopping.wait()
                    drain.reschedule(loop.time() + DRAIN_SHARE * self._settings.drain_timeout)
                    for acceptor in acceptors:
                        acceptor.cancel()
                    await asyncio.wait(acceptors)
                    tcp.close()
                    ws.close()
                    await self._dismiss()
            except TimeoutError:
                log.warning("stopped before every client had taken its last lines")
            finally:
                self._hub.stop()

    def _stop(self, number: int) -> None:
        if self._stopping.is_set():  # the second signal
            os._exit(128 + number)
        log.info("%s: delivering what was accepted, then stopping", signal.Signals(number).name)
        self._stopping.set()

    async def _accept(
        self, listener: socket.socket, door: Door, connections: asyncio.TaskGroup
    ) -> None:
        """Let newcomers in at one door, for ever."""
        exhausted = False
        while True:
            await readable(listener)
            try:
                for _ in range(ACCEPT_BATCH):
                    self._admit(*listener.accept(), door, connections)
                    exhausted = False
            except OSError as error:
                if error.errno in NEWCOMER_GONE:
                    continue
                if error.errno not in OUT_OF_DESCRIPTORS:
                    raise
                if not exhausted:
                    log.warning("cannot accept for now: %s", os.strerror(error.errno))
                exhausted = True
                await asyncio.sleep(ACCEPT_RETRY_S)

    def _admit(
        self,
        sock: socket.socket,
        address: tuple[str, int],
        door: Door,
        connections: asyncio.TaskGroup,
    ) -> None:
        sock.setblocking(False)
        if self._probe is not None:
            sock = self._probe.counted(sock, address[1])
        connection = Connection(
            sock,
            peer_name(address),
            next(self._client_ids),
            LineCodec(self._settings)
            if door == TCP
            else WebSocketCodec(self._settings, self._site),
            self._hub,
            self._settings,
            self._site,
        )
        if isinstance(sock, CountedSocket):
            sock.connection = connection
        task = connections.create_task(connection.run())
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

    async def _dismiss(self) -> None:
        """Say goodbye to the members, and drop the clients that are still in their handshake."""
        await self._hub.close()
        for task, connection in self._connections.items():
            if not connection.joined:
                task.cancel()


async def _measure_lag(probe: Probe) -> None:
    """Sleep, and note how much later than asked the loop woke this task, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_STEP_S
        await asyncio.sleep(LAG_STEP_S)
        probe.late(max(0.0, loop.time() - due))
