"""A log that NATS JetStream keeps, on one server or on a cluster of three.

A room is one stream of entries and one value for the snapshot. The stream's sequence numbers are
the places.

The client library's ordered consumer is not used: it drops messages when its reader is slow, and
says so in a callback only. A pull consumer of our own asks for entries when there is room for them,
and checks that none is missing.

Kept means: on the disks' caches of a majority of the servers. A server that is configured with
``sync_interval: always`` keeps it on the disks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import nats
from nats.errors import Error as NatsError
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, KeyNotFoundError, NotFoundError

from implementations.engines import EngineGone, EngineRefuses


__all__ = ["NatsEngine"]

ANSWER_S = 2.0  # how long to wait for an answer, before it is taken as lost
PORT = 4222  # of a server whose address has none
REACHED_S = 5.0  # how long to look for a server that can be reached
RETRY_S = 0.2
LATE_S = 0.5  # so much later than that the consumer has died with its server
WINDOW = 512  # entries asked for at once
ASK_S = 1.0  # how long one request for entries stands: then the engine says that it has ended
REPLICAS = 3
SINGLE_SERVER = 10074  # the server's error for a stream with replicas outside a cluster
VERSION = "hubbub room, entries 1"

T = TypeVar("T")

log = logging.getLogger("hubbub")


class NatsEngine:
    """One node's view of a room's stream. See `Engine` for the methods.

    Args:
        servers: addresses of one or more servers of one cluster: ``nats://user:password@host:4222``,
            or with ``tls://``.
        room: the room's name: letters, digits, ``-`` and ``_``.
    """

    def __init__(self, servers: list[str], room: str) -> None:
        self._servers = servers
        self._stream = f"hubbub-{room}"
        self._subject = f"hubbub.{room}"
        self._created: Any = None  # when the stream was: another time is another log

    async def open(self) -> None:
        """Connect, and create the stream if there is none."""
        await self._reach()
        try:
            self._nats = await nats.connect(
                self._servers,
                connect_timeout=int(ANSWER_S),
                ping_interval=1,
                max_outstanding_pings=2,
                reconnect_time_wait=RETRY_S,
                max_reconnect_attempts=-1,
                pending_size=0,  # while it is disconnected an append fails, and is not kept
                error_cb=self._trouble,
            )
        except NatsError as error:
            raise EngineRefuses(f"the engine at {self._where} refuses: {error}") from error
        self._jetstream = self._nats.jetstream(timeout=ANSWER_S)
        await self._retried(self._create)

    async def append(self, data: bytes) -> None:
        """Append an entry, and return when a majority of the servers keeps it."""
        await self._answered(
            self._jetstream.publish(self._subject, data, timeout=ANSWER_S, stream=self._stream)
        )

    async def follow(self, place: int) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the entries after ``place``."""
        while True:
            try:
                async for each in self._consume(place):
                    place = each[0]
                    yield each
            except EngineGone as error:
                log.debug("the engine: %s", error)
                await asyncio.sleep(RETRY_S)

    async def end(self) -> int:
        """Return the place of the last entry."""
        info = await self._retried(lambda: self._jetstream.stream_info(self._stream))
        return info.state.last_seq

    async def save(self, place: int, snapshot: bytes) -> None:
        """Keep a snapshot, and drop the entries that the snapshot before it contains."""
        values = await self._answered(self._values())
        before = await self._answered(self._snapshot(values))
        await self._answered(values.put("snapshot", snapshot))
        if before is not None:
            kept = json.loads(before)["place"]
            await self._answered(self._jetstream.purge_stream(self._stream, seq=kept + 1))

    async def load(self) -> bytes | None:
        """Return the last snapshot."""
        values = await self._retried(self._values)
        return await self._retried(lambda: self._snapshot(values))

    async def close(self) -> None:
        """Disconnect."""
        await self._nats.close()

    @property
    def _where(self) -> str:
        return ", ".join(server.rpartition("@")[2] for server in self._servers)

    async def _reach(self) -> None:
        """See that a server is there: the library would try for ever, and say nothing."""
        deadline = time.monotonic() + REACHED_S
        while time.monotonic() < deadline:
            for server in self._servers:
                parts = urlsplit(server)
                with contextlib.suppress(OSError, asyncio.TimeoutError):
                    opening = asyncio.open_connection(parts.hostname, parts.port or PORT)
                    _, writer = await asyncio.wait_for(opening, ANSWER_S)
                    writer.close()
                    return
            await asyncio.sleep(RETRY_S)
        raise EngineGone(f"no engine answers at {self._where}: is nats-server running?")

    async def _create(self) -> None:
        try:
            info = await self._jetstream.stream_info(self._stream)
        except NotFoundError:
            info = await self._replicated(self._add_stream)
        if info.config.description != VERSION:
            raise EngineRefuses(
                f"stream {self._stream} is not of this version: it says "
                f"{info.config.description!r}. Take another --room, or delete that stream"
            )

    async def _add_stream(self, replicas: int) -> Any:
        return await self._jetstream.add_stream(
            StreamConfig(
                name=self._stream,
                description=VERSION,
                subjects=[self._subject],
                storage=StorageType.FILE,
                num_replicas=replicas,
                discard=DiscardPolicy.NEW,  # a full log refuses entries, and forgets none
            )
        )

    async def _values(self) -> Any:
        """Return the key-value store of the snapshot."""
        try:
            return await self._jetstream.key_value(self._stream)
        except NotFoundError:
            return await self._replicated(
                lambda replicas: self._jetstream.create_key_value(
                    bucket=self._stream, history=1, replicas=replicas
                )
            )

    async def _snapshot(self, values: Any) -> bytes | None:
        try:
            entry = await values.get("snapshot")
        except KeyNotFoundError:
            return None
        value: bytes = entry.value
        return value

    async def _replicated(self, make: Callable[[int], Awaitable[T]]) -> T:
        try:
            return await make(REPLICAS)
        except APIError as error:
            if error.err_code != SINGLE_SERVER:
                raise
        log.warning("the engine is one server, without copies: if it dies, the room stands still")
        return await make(1)

    async def _consume(self, place: int) -> AsyncIterator[tuple[int, bytes]]:
        """Yield entries until the engine fails.

        Raises:
            EngineGone: make another consumer.
        """
        await self._check(place)
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=place + 1,
            inactive_threshold=20 * ASK_S,
            mem_storage=True,
            num_replicas=1,
        )
        consumer = await self._answered(self._jetstream.add_consumer(self._stream, config))
        inbox = self._nats.new_inbox()
        messages = await self._nats.subscribe(inbox, pending_msgs_limit=-1, pending_bytes_limit=-1)
        asked = 0  # how many entries the engine may still send
        try:
            while True:
                if asked < WINDOW // 2:
                    await self._ask(consumer.name, inbox)
                    asked = WINDOW
                try:
                    message = await messages.next_msg(timeout=ASK_S + LATE_S)
                except TimeoutError as error:  # not even the end of the request
                    raise EngineGone("it sends nothing") from error
                status = (message.headers or {}).get("Status")
                if status is not None:  # the request has ended
                    if status not in ("404", "408"):
                        raise EngineGone(f"status {status}")
                    asked = 0
                    continue
                found = message.metadata.sequence.stream
                if found != place + 1:
                    raise EngineGone(f"entry {place + 1} is missing before {found}")
                place, asked = found, asked - 1
                yield place, message.data
        except NatsError as error:
            raise EngineGone(str(error)) from error
        finally:
            with contextlib.suppress(NatsError):  # the connection has gone
                await messages.unsubscribe()

    async def _ask(self, consumer: str, inbox: str) -> None:
        request = json.dumps({"batch": WINDOW, "expires": int(ASK_S * 1e9)}).encode()
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{consumer}"
        await self._answered(self._nats.publish(subject, request, reply=inbox))

    async def _check(self, place: int) -> None:
        """See that the log is the one of which this node has read ``place`` entries."""
        info = await self._answered(self._jetstream.stream_info(self._stream))
        if self._created not in (None, info.created):
            raise EngineRefuses(f"stream {self._stream} is another one than before: start anew")
        self._created = info.created
        if info.state.last_seq < place:
            raise EngineRefuses(
                f"the engine lost entries {info.state.last_seq + 1} to {place}, which this node "
                "has delivered: start all nodes anew"
            )
        if info.state.first_seq > place + 1:
            raise EngineRefuses(f"entry {place + 1} is gone: begin with the snapshot")

    async def _retried(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer: a cluster that is starting answers late."""
        while True:
            try:
                return await self._answered(ask())
            except EngineGone as error:
                log.info("the engine does not answer yet: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _answered(self, question: Awaitable[T]) -> T:
        try:
            return await question
        except APIError as error:
            if error.code is not None and error.code >= 500 and error.err_code != SINGLE_SERVER:
                raise EngineGone(str(error.description)) from error
            raise EngineRefuses(str(error.description)) from error
        except (TimeoutError, NatsError, OSError) as error:
            raise EngineGone(f"{type(error).__name__} {error}".strip()) from error

    async def _trouble(self, error: Exception) -> None:
        log.debug("the engine's client: %s", error)
