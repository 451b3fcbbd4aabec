"""One client's connection in the threads runtime: a read pump and a write pump.

Mirrors on_asyncio/connection.py and on_trio/connection.py. It reads from top to bottom like
a connection's life. Both doors use the same code: what differs between them is in the codec.

Invariants:
  1. Only the read pump reads the socket. Only the write pump writes to it, with two
     exceptions: `run` sends the answer to the handshake before there is a write pump, and a
     `DirectOutbox` writes by itself while its backlog is empty (outbox_direct.py).
  2. The write pump ends when the outbox is closed and empty, or when the client takes no
     more bytes. Then it ends our side, and the read pump has `LINGER_S` to see the end of the
     other side. The read pump never stops the write pump.
  3. A client that joined also leaves, whatever happens: `run` does that in its ``finally``.
"""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import threading
import time

from implementations.core.causes import Cause
from implementations.core.commands import Complain, parse
from implementations.core.errors import HubClosed, PeerGone, PeerSilent, PeerStuck, RoomFull
from implementations.core.events import Answer, Bad, Closing, Event, Health, Line, Opened, Reply
from implementations.core.line_codec import LineCodec
from implementations.core.message import TCP, Message
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.on_threads.hub import Hub
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.wire import LINGER_S, Wire


__all__ = ["Connection"]

LATE_SHARE = 0.05  # of the silence allowed: a server later than this was stopped or too busy

log = logging.getLogger("hubbub")


class Connection:
    """One client, from its first byte to its last."""

    def __init__(
        self,
        sock: socket.socket,
        address: str,
        client_id: ClientId,
        codec: LineCodec | WebSocketCodec,
        hub: Hub,
        settings: Settings,
        site: Site,
    ) -> None:
        self.joined = False
        self._address = address
        self._client_id = client_id
        self._codec = codec
        self._hub = hub
        self._settings = settings
        self._site = site
        self._outbox: Outbox = hub.outbox(sock, codec.door)
        self._wire = Wire(sock, self._outbox, settings.write_timeout)
        self._silent_at = math.inf  # deadlines on the monotonic clock
        self._ping_at = math.inf
        self._excused_until = -math.inf  # the last value of _silent_at that was an excuse

    def run(self) -> None:
        """Serve the client until it is gone. Raises nothing. Needs a thread of its own."""
        try:
            early = self._open()
            if early is not None:
                self._pump(early)
            if not self._wire.lost:
                self._wire.linger()
        except PeerGone as error:
            log.debug("%s: %s", self._address, type(error).__name__)
        except Exception:
            self._log_bug()
        finally:
            if self.joined:
                self._hub.leave(self._client_id, Cause.LEFT)
            self._wire.close()

    def cancel(self) -> None:
        """End every wait for the socket, and so `run`. Callable from any thread."""
        with contextlib.suppress(OSError):  # the socket is closed already
            self._wire.shut_down(socket.SHUT_RDWR)

    def _open(self) -> list[Event] | None:
        """Finish the handshake and join.

        Returns:
            The events that came right after the handshake; None when the client is not let in.
        """
        events: list[Event] = [Opened()]
        self._silent_at = self._now() + self._settings.handshake_timeout
        while self._codec.opening:
            data = self._receive()
            if not data:
                return None
            events = self._codec.feed(data)
        match events[0]:
            case Answer(data):
                self._wire.send(data)
                return None
            case Health(lab):
                self._wire.send(self._site.health(self._hub.stats(), lab))
                return None
        return events[1:] if self._join() else None

    def _join(self) -> bool:
        self.joined = True  # set before the wait: a join that is cancelled may still happen
        try:
            self._hub.join(self._client_id, self._address, self._outbox)
        except (RoomFull, HubClosed) as refusal:
            self.joined = False
            self._wire.send(self._codec.reject(str(refusal)))
            return False
        log.info("%s joined by %s", self._address, "tcp" if self._codec.door == TCP else "ws")
        # The outbox may hold messages already. This answer goes out before them.
        self._wire.send(self._codec.accept())
        self._heard()
        if self._codec.ping_interval_s is not None:
            self._ping_at = self._now() + self._codec.ping_interval_s
        return True

    def _pump(self, early: list[Event]) -> None:
        read_pump = threading.Thread(target=self._read_pump, args=(early,), name="read pump")
        read_pump.start()
        try:
            cause = self._write_pump()
        except Exception:  # a bug: leave now, or the outbox could hold back the read pump
            self._hub.leave(self._client_id, Cause.LEFT)
            raise
        finally:
            with contextlib.suppress(OSError):  # the peer has closed the connection
                if not self._wire.lost:
                    self._wire.shut_down(socket.SHUT_WR)
                    read_pump.join(LINGER_S)
                if read_pump.is_alive():  # not before: a peer that still sends would be reset
                    self._wire.shut_down(socket.SHUT_RD)
            read_pump.join()
        log.info("%s %s", self._address, cause.departure)

    def _read_pump(self, events: list[Event]) -> None:
        """Carry the client's lines to the hub, until the client ends, fails or falls silent."""
        cause = Cause.LEFT
        try:
            while self._dispatch(events):
                data = self._receive()
                if not data:
                    self._dispatch(self._codec.feed_eof())
                    break
                events = self._codec.feed(data)
                if events:
                    self._heard()
                else:  # bytes came, but no line
                    self._judge_silence()
        except PeerSilent:
            cause = Cause.TIMED_OUT
        except PeerGone:
            pass
        except Exception:
            self._log_bug()
        self._hub.leave(self._client_id, cause)

    def _dispatch(self, events: list[Event]) -> bool:
        """Act on ``events``. Return False when the client will send nothing more."""
        for event in events:
            match event:
                case Line(text):
                    self._hub.submit(self._client_id, parse(text))
                case Bad(problem):
                    self._hub.submit(self._client_id, Complain(problem))
                case Reply(data):
                    if not self._outbox.reply(data):
                        self._hub.leave(self._client_id, Cause.TOO_SLOW)
                case Closing():
                    return False
        return True

    def _receive(self) -> bytes:
        """Wait for bytes; ``b""`` at the end of the stream. Ping the client when that is due.

        Raises:
            PeerGone: the connection failed.
            PeerSilent: the client was silent for too long.
        """
        while True:
            self._ping_if_due()
            data = self._wire.receive(deadline=min(self._silent_at, self._ping_at))
            if data is not None:
                return data
            self._judge_silence()

    def _ping_if_due(self) -> None:
        if self._now() >= self._ping_at and self._codec.ping_interval_s is not None:
            self._excuse(late_s=self._now() - self._ping_at)
            self._ping_at = self._now() + self._codec.ping_interval_s
            # A full outbox refuses the ping. Its client is about to be cut off anyway.
            self._outbox.offer(Message(b"", self._codec.ping()))

    def _judge_silence(self) -> None:
        """Raise PeerSilent if the client has had its time. All input that waited must be read."""
        self._excuse(self._now() - min(self._silent_at, self._ping_at))  # it owes a due ping first
        if self._now() >= self._silent_at:
            raise PeerSilent

    def _excuse(self, late_s: float) -> None:
        """If this server is that late, give the client its time again: once per sign of life."""
        opening, settings = self._codec.opening, self._settings
        silence_s = settings.handshake_timeout if opening else self._codec.silence_s
        if late_s > LATE_SHARE * silence_s and self._silent_at != self._excused_until:
            self._silent_at = self._excused_until = self._now() + silence_s
            if self._ping_at < math.inf:
                self._ping_at = self._now()

    def _heard(self) -> None:
        self._silent_at = self._now() + self._codec.silence_s

    def _now(self) -> float:
        return time.monotonic()

    def _write_pump(self) -> Cause:
        """Write the messages of the outbox until it is closed and empty, or the client is gone.

        Returns:
            Why the client's stay ended.
        """
        try:
            while batch := self._outbox.take():
                self._wire.send(batch)
                del batch  # it may be large, and the wait for the next one may be long
            assert self._outbox.cause is not None  # `take` gives out b"" only when it is closed
            self._wire.send(self._codec.farewell(self._outbox.cause))
        except PeerGone as error:
            stuck = isinstance(error, PeerStuck)
            self._hub.leave(self._client_id, Cause.TOO_SLOW if stuck else Cause.LEFT)
            self._wire.give_up()
        assert self._outbox.cause is not None  # `leave` has closed it at the latest
        return self._outbox.cause

    def _log_bug(self) -> None:
        log.exception("%s: a bug in this connection; the others go on", self._address)
