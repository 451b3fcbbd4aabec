"""A peer: Tornado, a set of handlers; ``write_message`` is called for each and not awaited.

Pattern: https://www.tornadoweb.org/en/stable/websocket.html, and the chat in Tornado's own
repository: https://github.com/tornadoweb/tornado/tree/stable/demos/websocket
"""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar

from door import announce, open_door
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Chat(WebSocketHandler):
    waiters: ClassVar[set[Chat]] = set()

    def open(self, *_args: str) -> None:
        Chat.waiters.add(self)

    def on_close(self) -> None:
        Chat.waiters.remove(self)

    def on_message(self, message: str | bytes) -> None:
        for waiter in Chat.waiters:
            try:
                waiter.write_message(message)
            except Exception:
                logging.exception("a message was not sent")


async def main() -> None:
    door = open_door()
    door.setblocking(False)
    HTTPServer(Application([("/ws", Chat)])).add_sockets([door])
    announce("tornado-waiters", door.getsockname())
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main())
