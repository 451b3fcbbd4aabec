"""Per server: where its maintainers advise something, and how a small fix of the pattern looks.

A fix is a change of a few lines in the program of `benchmarks.peers`, and each one was tried. Where
the answer is a queue and a task per client, which is no small fix, `fix` says so and shows none.
"""

from __future__ import annotations

from dataclasses import dataclass


__all__ = ["ADVICE", "Advice", "applied"]


@dataclass(frozen=True)
class Advice:
    """What to read and what to change.

    Attributes:
        says: what the maintainers' page says, in our words, and ends with a colon and the link.
        fix: what the small fix is good for, or why there is none.
        code: the fix, as a difference of a few lines; ``@@`` parts two places.
    """

    says: str
    fix: str
    code: str = ""


_QUEUE = (
    "A limit in time: one client can stop the room for a second, and is then taken off the list. "
    "The whole answer is a bounded queue and a writer task per client, as in `websockets-queue` "
    "and in our own servers."
)

ADVICE: dict[str, Advice] = {
    "fastapi-manager": Advice(
        "The page of the pattern says that its list works in one process only, and names a "
        "package for more robust needs: "
        "<https://fastapi.tiangolo.com/advanced/websockets/#handling-disconnections-and-multiple-clients>",
        "A connection that ends in any way leaves the list, and one that has just gone costs no "
        "other its own: neither a binary message nor a vanished client ends the room. This does "
        "not help against a stalled client; `asyncio.timeout` around each send does, as for "
        "aiohttp below.",
        "+import contextlib\n"
        "+\n"
        " import uvicorn\n"
        "@@\n"
        "-        for connection in self.connections:\n"
        "-            await connection.send_text(text)\n"
        "+        for connection in list(self.connections):\n"
        "+            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone\n"
        "+                await connection.send_text(text)\n"
        "@@\n"
        "-    except WebSocketDisconnect:\n"
        "+    except (WebSocketDisconnect, KeyError):  # KeyError: a binary message\n"
        "+        pass\n"
        "+    finally:\n"
        "         manager.disconnect(connection)",
    ),
    "starlette-set": Advice(
        "Starlette's page shows how to read and write, and no room; a package by its first "
        "authors is for rooms: <https://github.com/encode/broadcaster>",
        _QUEUE,
        "+import asyncio\n"
        " import socket\n"
        "@@\n"
        "-                await other.send_text(text)\n"
        "+                try:\n"
        "+                    async with asyncio.timeout(1):\n"
        "+                        await other.send_text(text)\n"
        "+                except TimeoutError:\n"
        "+                    clients.discard(other)",
    ),
    "aiohttp-loop": Advice(
        "The maintainers chose that a send waits for a slow client, so that no memory is needed "
        "for it: <https://github.com/aio-libs/aiohttp/issues/1367>",
        _QUEUE,
        "+import asyncio\n"
        "+\n"
        " from aiohttp import WSCloseCode, WSMsgType, web\n"
        "@@\n"
        "-                    await other.send_str(message.data)\n"
        "+                    try:\n"
        "+                        async with asyncio.timeout(1):\n"
        "+                            await other.send_str(message.data)\n"
        "+                    except (TimeoutError, ConnectionError):\n"
        "+                        clients.discard(other)",
    ),
    "tornado-waiters": Advice(
        "`write_message` returns a Future that can be used for flow control: "
        "<https://www.tornadoweb.org/en/stable/websocket.html#tornado.websocket.WebSocketHandler.write_message>",
        "There is no small one: a bounded queue and a task per client. Pings "
        "(`websocket_ping_interval`) were tried: they find the silent client, but the close frame "
        "waits behind everything that is kept for it, so the memory grows on.",
    ),
    "sanic-loop": Advice(
        "The guide shows an echo, and the settings of pings and of the longest message: "
        "<https://sanic.dev/en/guide/advanced/websockets.html>",
        _QUEUE,
        "+import asyncio\n"
        "+\n"
        " from door import announce, open_door\n"
        "@@\n"
        "-                await other.send(message)\n"
        "+                try:\n"
        "+                    async with asyncio.timeout(1):\n"
        "+                        await other.send(message)\n"
        "+                except TimeoutError:\n"
        "+                    clients.discard(other)",
    ),
    "channels-group": Advice(
        "The in-memory layer is for tests and not for production, and layers deliver at most "
        "once: <https://channels.readthedocs.io/en/latest/topics/channel_layers.html>",
        "A larger capacity per channel moves the first loss further away; the answer is the Redis "
        "layer, which was not tried here. For binary messages: a consumer that takes none has to "
        "say so, or one of them is an error in it. The server library sends no codes below 3000 "
        "but 1000.",
        "-    async def receive(self, text_data: str) -> None:\n"
        "+    async def receive(self, text_data=None, bytes_data=None) -> None:\n"
        "+        if text_data is None:\n"
        "+            return await self.close(code=4003)",
    ),
    "quart-broker": Advice(
        "The tutorial's broker, whose queues have no limit: "
        "<https://quart.palletsprojects.com/en/latest/tutorials/chat_tutorial.html>",
        "A limit for each queue: a client that is 256 messages behind misses those that follow. "
        "`asyncio.Queue(256)` alone would not do, because then the publication waits, and one "
        "stalled client stops everyone.",
        "-            await queue.put(message)\n"
        "+            if queue.qsize() < 256:\n"
        "+                await queue.put(message)",
    ),
    "trio-websocket-loop": Advice(
        "The recipes show a heartbeat, which finds a client that answers no ping: "
        "<https://trio-websocket.readthedocs.io/en/stable/recipes.html>",
        _QUEUE,
        "-                with contextlib.suppress(ConnectionClosed):\n"
        "-                    await other.send_message(message)\n"
        "+                with trio.move_on_after(1) as patience:\n"
        "+                    await other.send_message(message)\n"
        "+                if patience.cancelled_caught:\n"
        "+                    clients.discard(other)",
    ),
    "gevent-loop": Advice(
        "The library's own example of a chat: "
        "<https://gitlab.com/noppo/gevent-websocket/-/tree/master/examples>. Its latest release "
        "is of 2017.",
        "There is no small one, because a send that is given up leaves a part of a frame behind. "
        "The answer is a bounded queue and a greenlet per client.",
    ),
    "socketify-publish": Advice(
        "The page about backpressure says how much may wait for a client, and what a server can "
        "do when that is too much: <https://docs.socketify.dev/websockets-backpressure.html>",
        "A client that has missed something is closed, so that it can come back and ask.",
        '-    app.ws("/ws", {"open": join, "message": relay})\n'
        '+    app.ws("/ws", {"open": join, "message": relay, "close_on_backpressure_limit": True})',
    ),
    "bun-publish": Advice(
        "There is a limit of 16 MiB per client, after which messages are dropped, and a switch "
        "that closes the client instead: <https://bun.com/docs/runtime/http/websockets>",
        "A smaller limit, and the switch.",
        "   websocket: {\n+    backpressureLimit: 1 << 20,\n+    closeOnBackpressureLimit: true,",
    ),
    "deno-set": Advice(
        "The example of a WebSocket server: <https://docs.deno.com/examples/http-server-websocket/>",
        "A client for which more than a mebibyte waits is closed. Its socket stays in the set "
        "until it has closed, so it is taken off at once.",
        "-        if (client.readyState === WebSocket.OPEN) client.send(data);\n"
        "+        if (client.bufferedAmount > 1 << 20) {\n"
        "+          clients.delete(client);\n"
        "+          client.close(3008);\n"
        "+        } else if (client.readyState === WebSocket.OPEN) client.send(data);",
    ),
    "node-ws": Advice(
        "The documentation shows how to find and end broken connections with pings: "
        "<https://github.com/websockets/ws#how-to-detect-and-close-broken-connections>",
        "A client for which more than a mebibyte waits is cut off.",
        "     for (const client of server.clients) {\n"
        "+      if (client.bufferedAmount > 1 << 20) client.terminate();",
    ),
    "go-gorilla": Advice(
        "The example says that the hub takes a client whose channel is full for dead or stuck: "
        "<https://github.com/gorilla/websocket/tree/main/examples/chat>",
        "A longer channel survives a longer burst. Any length is exceeded by a burst that comes "
        "faster than the writers run; our servers wait up to a second for room instead.",
        "-\toutboxMessages = 256\n+\toutboxMessages = 8192",
    ),
    "go-nhooyr": Advice(
        "The example limits the rate of publications, which the peer does not, and closes a "
        "client that is too slow: "
        "<https://github.com/coder/websocket/tree/master/internal/examples/chat>",
        "A longer channel survives a longer burst.",
        "-\toutboxMessages = 16\n+\toutboxMessages = 1024",
    ),
    "go-xnet": Advice(
        "The package's own page advises other packages, because this one lacks features: "
        "<https://pkg.go.dev/golang.org/x/net/websocket>",
        "A deadline for each write. A client that misses it is closed at once, or it would cost "
        "the others a second per message.",
        ' \t"syscall"\n+\t"time"\n'
        "@@\n"
        " \t\tfor other := range r.clients {\n"
        "-\t\t\twebsocket.Message.Send(other, message)\n"
        "+\t\t\tother.SetWriteDeadline(time.Now().Add(time.Second))\n"
        "+\t\t\tif websocket.Message.Send(other, message) != nil {\n"
        "+\t\t\t\tother.Close()\n"
        "+\t\t\t\tdelete(r.clients, other)\n"
        "+\t\t\t}",
    ),
    "websockets-broadcast": Advice(
        "The design of `broadcast()` and its alternatives are a chapter of the documentation: "
        "<https://websockets.readthedocs.io/en/stable/topics/broadcast.html>",
        "A client for which more than a mebibyte waits is cut off. Shorter intervals for pings "
        "were tried too, but the close waits behind all that is kept for the client.",
        "-                broadcast(_connections, message)\n"
        "+                for one in _connections:\n"
        "+                    if one.transport.get_write_buffer_size() > 1 << 20:\n"
        "+                        one.transport.abort()\n"
        "+                broadcast(_connections, message)",
    ),
}
"""By the id of the server; our own servers need none."""


def applied(code: str, program: str) -> str:
    """Return a program with a fix in it.

    Raises:
        ValueError: the program does not have the lines that the fix changes.
    """
    for hunk in code.split("@@\n"):
        lines = hunk.rstrip("\n").split("\n")
        before = "\n".join(line[1:] for line in lines if line[:1] in ("-", " "))
        after = "\n".join(line[1:] for line in lines if line[:1] in ("+", " "))
        if f"{before}\n" not in program:
            raise ValueError(f"the program does not contain {before!r}")
        program = program.replace(f"{before}\n", f"{after}\n", 1)
    return program
