"""The server in the threads runtime: two doors, their acceptors, and an orderly end.

Mirrors on_asyncio/server.py and on_trio/server.py. It reads from top to bottom like the
server's life: bind, announce, accept, shut down.

Invariants:
  1. Nothing is announced before both doors are open.
  2. Every thread is joined, those of the connections before that of the hub. No thread
     outlives `serve`.
  3. `serve` returns within ``drain_timeout`` after the first signal.
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
from dataclasses import replace

from implementations.core.line_codec import LineCodec
from implementations.core.message import TCP, WS, Door
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.doors import NEWCOMER_GONE, OUT_OF_DESCRIPTORS, listen, peer_name, where
from implementations.on_threads.connection import Connection
from implementations.on_threads.hub import Hub
from implementations.on_threads.readiness import readable
from implementations.probe import CountedSocket, Probe
from implementations.start import stop_signals


__all__ = ["serve"]

ACCEPT_BATCH = 32  # connections per turn: a storm of newcomers must not keep the room waiting
ACCEPT_RETRY_S = 0.25  # when the process is out of descriptors, try again after this time
STACK_BYTES = 256 * 1024  # per thread; calls from Python to Python take nothing from it
SWITCH_INTERVAL_S = 0.1  # how often each thread that waits for the interpreter's lock asks for
# it. At Python's 5 ms, thousands of waiting threads do little else than wake up and ask.
EXIT_BUG = 1  # like that of an uncaught error
DRAIN_SHARE = 0.9  # this share of drain_timeout is for delivering, the rest for cancelling

MakeHub = Callable[[Settings], Hub]

log = logging.getLogger("hubbub")


def serve(
    settings: Settings,
    make_hub: MakeHub,
    site: Site,
    announce: Callable[[Endpoint, Endpoint], None],
) -> None:
    """Serve both doors until a stop signal, then deliver what was accepted and return.

    Call it in the main thread: signals interrupt no other.

    Args:
        make_hub: the class of one of this package's hubs.
        site: what the WebSocket door answers to a browser.
        announce: called once, when both doors are open, with the addresses of the TCP
            door and of the WebSocket door.

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
        self._probe: Probe | None = None
        if site.lab:
            self._probe = Probe(settings.writer)
            self._site = replace(site, figures=self._probe.answer)
        self._client_ids = itertools.count(1)  # taking the next number is atomic
        self._lock = threading.Lock()  # guards _connections
        self._connections: dict[threading.Thread, Connection] = {}
        # When _stop is closed, _stopping becomes readable for every thread that looks.
        self._stopping, self._stop = socket.socketpair()

    def run(
        self, tcp: socket.socket, ws: socket.socket, announce: Callable[[Endpoint, Endpoint], None]
    ) -> None:
        threading.stack_size(STACK_BYTES)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        # Block them before the first thread starts, because each thread inherits this: otherwise a
        # signal could reach any of them.
        signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
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
        """Do work that the server cannot do without: a bug in it ends the process.

        In the other runtimes a task group or nursery does that. An error in a thread ends only
        that thread, and a server without its hub or a door would go on as if it were whole.
        """
        try:
            work(*arguments)
        except Exception:
            log.exception("a bug in the server itself: it ends here")
            logging.shutdown()
            os._exit(EXIT_BUG)

    def _wait_for_signal(self) -> None:
        number = signal.sigwait(stop_signals())
        log.info("%s: delivering what was accepted, then stopping", signal.Signals(number).name)
        # The kernel handles the second signal. A handler in Python might not run: not if the
        # signal came in the moment before this thread begins to wait for something else.
        if os.getpid() == 1:  # in a container: the kernel has no default action for process 1
            threading.Thread(
                target=lambda: os._exit(128 + signal.sigwait(stop_signals())), daemon=True
            ).start()
            return
        for again in stop_signals():
            signal.signal(again, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stop_signals())

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
        thread = threading.Thread(target=self._serve, args=(connection,), name="write pump")
        with self._lock:
            self._connections[thread] = connection
        try:
            thread.start()
        except RuntimeError as error:  # no more threads: handle it like no more descriptors
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
        """Say goodbye to the members, and drop the clients that are still in their handshake."""
        self._hub.close()
        for connection in self._left().values():
            if not connection.joined:
                connection.cancel()

    def _drain(self, deadline: float) -> None:
        """Wait until every client has taken its last lines, or until ``deadline``."""
        for thread in self._left():
            thread.join(min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX))
        if self._left():
            log.warning("stopped before every client had taken its last lines")
        for thread, connection in self._left().items():
            connection.cancel()
            thread.join()

    def _left(self) -> dict[threading.Thread, Connection]:
        with self._lock:
            return dict(self._connections)
