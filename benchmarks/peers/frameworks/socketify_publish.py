"""A peer: socketify, which is uWebSockets for Python: each client subscribes, the app publishes.

Pattern: https://docs.socketify.dev/websockets-backpressure.html, and the broadcast in
https://github.com/cirospaciari/socketify.py/tree/main/examples

The library's limits are its own defaults: a client may lag by 64 KiB, then it misses messages.
"""

from __future__ import annotations

import signal
import sys

from door import announce, wanted_address
from socketify import App, AppListenOptions, OpCode, WebSocket


app = App()


def join(client: WebSocket) -> None:
    client.subscribe("room")


def relay(_client: WebSocket, message: str | bytes, opcode: OpCode) -> None:
    app.publish("room", message, opcode)


if __name__ == "__main__":
    host, port = wanted_address()
    app.ws("/ws", {"open": join, "message": relay})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.listen(
        AppListenOptions(port=port, host=host),
        lambda config: announce("socketify-publish", (host, config.port)),
    )
    app.run()
