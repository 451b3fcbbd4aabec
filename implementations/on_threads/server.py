"""The server in the threads runtime: two doors, their acceptors, and an orderly end.

Mirrors on_asyncio/server.py and on_trio/server.py. It reads top to bottom as the
server's life: bind, announce, accept, shut down.

Invariants:
  1. Nothing is announced before both doors are open.
  2. Every thread is joined: the connections' before the hub's. None outlives `serve`.
  3. `serve` returns within ``drain_timeout`` of the first signal.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from implementations.core.line_codec import LineCodec
from implementations.core.message import TCP, WS, Door
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.doors import NEWCOMER_GONE, OUT_OF_DESCRIPTORS, listen, peer_name, where
from implementations.on_threads.connection import Connection
from implementations.on_threads.hub import Hub
from implementations.on_threads.readiness import readable


__all__ = ["serve"]

ACCEPT_BATCH = 32  # connections a turn: a storm of them must not keep the room waiting
ACCEPT_RETRY_S = 0.25  # out of descriptors: look again then
STACK_BYTES = 256 * 1024  # of a thread; Python's own calls need none of it
SWITCH_INTERVAL_S = 0.1  # how often each thread that waits for the interpreter's lock asks for
# it. At Python's 5 ms thousands that wait do little but wake up to ask.
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}
EXIT_BUG = 1  # as an uncaught error's
DRAIN_SHARE = 0.9  # of drain_timeout is for delivering, the rest for ending what did not end

MakeHub = Callable[[Settings], Hub]

log = logging.getLogger("hubbub")


def serve(
    settings: Settings,
    make_hub: MakeHub,
    site: Site,
    announce: Callable[[Endpoint, Endpoint], None],
) -> None:
    """Serve both doors until SIGINT or SIGTERM, then deliver what was accepted and return.

    For the main thread, the only one that signals can interrupt.

    Args:
        make_hub: one of this package's hubs.
        site: what the WebSocket door answers to a browser.
        announce: called once, with where the TCP and the WebSocket door are,
            when both are open.

    Raises:
        CannotStart: a door could not be opened.
    """
    with listen(settings.tcp) as tcp, listen(settings.ws) as ws:
        _Server(settings, make_hub, site).run(tcp, ws, announce)


class _Server:
    def __init__(self, settings: Settings, make_hub: MakeHub, site: Site) -> None:
        self._settings = settings
        self._site = site
        self._hub = make_hub(settings)
        self._client_ids = itertools.count(1)  # drawing the next one is atomic
        self._lock = threading.Lock()  # guards _connections
        self._connections: dict[threading.Thread, Connection] = {}
        self._stopping, self._stop = socket.socketpair()  # readable, for all who look, from then on

    def run(
        self, tcp: socket.socket, ws: socket.socket, announce: Callable[[Endpoint, Endpoint], None]
    ) -> None:
        threading.stack_size(STACK_BYTES)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        # Before the first thread, for each inherits it: else a signal could wake any of them.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        owner = threading.Thread(target=self._vital, args=(self._hub.run,), name="hub")
        owner.start()
        try:
            acceptors = [
                threading.Thread(
                    target=self._vital, args=(self._accept, tcp, TCP), name="tcp acceptor"
                ),
                threading.Thread(
                    target=self._vital, args=(self._accept, ws, WS), name="ws acceptor"
                ),
            ]
            for acceptor in acceptors:
                acceptor.start()
            announce(where(tcp), where(ws))
            self._wait_for_signal()
            deadline = time.monotonic() + DRAIN_SHARE * self._settings.drain_timeout
            self._stop.close()
            for acceptor in acceptors:
                acceptor.join()
            tcp.close()
            ws.close()
            self._dismiss()
            self._drain(deadline)
        finally:
            self._hub.stop()
            owner.join()
            self._stopping.close()

    def _vital(self, work: Callable[..., None], *arguments: object) -> None:
        """Do what the server cannot be without: a bug in it ends the process, as elsewhere.

        A task group or nursery sees to that; an error that ends a thread is nobody's, and
        a server without its hub or a door would stand there as if it were one.
        """
        try:
            work(*arguments)
        except Exception:
            log.exception("a bug in the server itself: it ends here")
            logging.shutdown()
            os._exit(EXIT_BUG)

    def _wait_for_signal(self) -> None:
        number = signal.sigwait(STOP_SIGNALS)
        log.info("%s: delivering what was accepted, then stopping", signal.Signals(number).name)
        # The second signal is left to the kernel: a handler in Python would not be called while
        # this thread waits, if the signal came in the moment before it began to.
        for again in STOP_SIGNALS:
            signal.signal(again, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _accept(self, listener: socket.socket, door: Door) -> None:
        """Let newcomers in at one door, until the server stops."""
        exhausted = False
        while self._stopping not in readable(listener, self._stopping):
            try:
                for _ in range(ACCEPT_BATCH):
                    self._admit(*listener.accept(), door)
                    exhausted = False
            except OSError as error:
                if error.errno in NEWCOMER_GONE:
                    continue
                if error.errno not in OUT_OF_DESCRIPTORS:
                    raise
                if not exhausted:
                    log.warning("cannot accept for now: %s", os.strerror(error.errno))
                exhausted = True
                readable(self._stopping, deadline=time.monotonic() + ACCEPT_RETRY_S)

    def _admit(self, sock: socket.socket, address: tuple[str, int], door: Door) -> None:
        sock.setblocking(False)
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
        thread = threading.Thread(target=self._serve, args=(connection,), name="write pump")
        with self._lock:
            self._connections[thread] = connection
        try:
            thread.start()
        except RuntimeError as error:  # no more threads: the machine's problem, as descriptors are
            with self._lock:
                del self._connections[thread]
            sock.close()
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def _dismiss(self) -> None:
        """Say goodbye to who is in, and drop who is still shaking hands."""
        self._hub.close()
        for connection in self._left().values():
            if not connection.joined:
                connection.cancel()

    def _drain(self, deadline: float) -> None:
        """Wait until everyone has taken the last lines, but no longer than to ``deadline``."""
        for thread in self._left():
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._left():
            log.warning("stopped while clients had not taken their last lines")
        for thread, connection in self._left().items():
            connection.cancel()
            thread.join()

    def _left(self) -> dict[threading.Thread, Connection]:
        with self._lock:
            return dict(self._connections)
