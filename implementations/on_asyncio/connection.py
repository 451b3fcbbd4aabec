"""One client's connection in the asyncio runtime: a read pump and a write pump.

Mirrors on_threads/connection.py and on_trio/connection.py. It reads from top to bottom like
a connection's life. Both doors use the same code: what differs between them is in the codec.

Invariants:
  1. Only the read pump reads the socket. Only the write pump writes to it, with two
     exceptions: `run` sends the answer to the handshake before there is a write pump, and a
     `DirectOutbox` writes by itself while its backlog is empty (outbox_direct.py).
  2. The write pump ends when the outbox is closed and empty, or when the client takes no
     more bytes. Then it stops the read pump. The read pump never stops the write pump.
  3. A client that joined also leaves, whatever happens: `run` does that in its ``finally``.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket

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
from implementations.on_asyncio.hub import Hub
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.wire import Wire


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
        self._silent_at = math.inf  # deadlines on the loop's clock
        self._ping_at = math.inf
        self._excused_until = -math.inf  # the last value of _silent_at that was an excuse

    async def run(self) -> None:
        """Serve the client until it is gone. Raises nothing but cancellation."""
        try:
            early = await self._open()
            if early is not None:
                await self._pump(early)
            if not self._wire.lost:
                await self._wire.linger()
        except PeerGone as error:
            log.debug("%s: %s", self._address, type(error).__name__)
        except Exception:
            log.exception("%s: a bug in this connection; the others go on", self._address)
        finally:
            if self.joined:
                await self._hub.leave(self._client_id, Cause.LEFT)
            self._wire.close()

    async def _open(self) -> list[Event] | None:
        """Finish the handshake and join.

        Returns:
            The events that came right after the handshake; None when the client is not let in.
        """
        events: list[Event] = [Opened()]
        self._silent_at = self._now() + self._settings.handshake_timeout
        while self._codec.opening:
            data = await self._receive()
            if not data:
                return None
            events = self._codec.feed(data)
        match events[0]:
            case Answer(data):
                await self._wire.send(data)
                return None
            case Health(lab):
                await self._wire.send(self._site.health(await self._hub.stats(), lab))
                return None
        return events[1:] if await self._join() else None

    async def _join(self) -> bool:
        self.joined = True  # set before the wait: a join that is cancelled may still happen
        try:
            await self._hub.join(self._client_id, self._address, self._outbox)
        except (RoomFull, HubClosed) as refusal:
            self.joined = False
            await self._wire.send(self._codec.reject(str(refusal)))
            return False
        log.info("%s joined by %s", self._address, "tcp" if self._codec.door == TCP else "ws")
        # The outbox may hold messages already. This answer goes out before them.
        await self._wire.send(self._codec.accept())
        self._heard()
        if self._codec.ping_interval_s is not None:
            self._ping_at = self._now() + self._codec.ping_interval_s
        return True

    async def _pump(self, early: list[Event]) -> None:
        async with asyncio.TaskGroup() as pumps:
            read_pump = pumps.create_task(self._read_pump(early))
            cause = await self._write_pump()
            read_pump.cancel()
        log.info("%s %s", self._address, cause.departure)

    async def _read_pump(self, events: list[Event]) -> None:
        """Carry the client's lines to the hub, until the client ends, fails or falls silent."""
        cause = Cause.LEFT
        try:
            while await self._dispatch(events):
                data = await self._receive()
                if not data:
                    await self._dispatch(self._codec.feed_eof())
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
        await self._hub.leave(self._client_id, cause)

    async def _dispatch(self, events: list[Event]) -> bool:
        """Act on ``events``. Return False when the client will send nothing more."""
        for event in events:
            match event:
                case Line(text):
                    await self._hub.submit(self._client_id, parse(text))
                case Bad(problem):
                    await self._hub.submit(self._client_id, Complain(problem))
                case Reply(data):
                    if not await self._outbox.reply(data):
                        await self._hub.leave(self._client_id, Cause.TOO_SLOW)
                case Closing():
                    return False
        return True

    async def _receive(self) -> bytes:
        """Wait for bytes; ``b""`` at the end of the stream. Ping the client when that is due.

        Raises:
            PeerGone: the connection failed.
            PeerSilent: the client was silent for too long.
        """
        while True:
            self._ping_if_due()
            data = await self._wire.receive(deadline=min(self._silent_at, self._ping_at))
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
        return asyncio.get_running_loop().time()

    async def _write_pump(self) -> Cause:
        """Write the messages of the outbox until it is closed and empty, or the client is gone.

        Returns:
            Why the client's stay ended.
        """
        try:
            while batch := await self._outbox.take():
                await self._wire.send(batch)
                del batch  # it may be large, and the wait for the next one may be long
            assert self._outbox.cause is not None  # `take` gives out b"" only when it is closed
            await self._wire.send(self._codec.farewell(self._outbox.cause))
        except PeerGone as error:
            stuck = isinstance(error, PeerStuck)
            await self._hub.leave(self._client_id, Cause.TOO_SLOW if stuck else Cause.LEFT)
            self._wire.give_up()
        assert self._outbox.cause is not None  # `leave` has closed it at the latest
        return self._outbox.cause
