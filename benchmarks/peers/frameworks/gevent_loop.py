"""A peer: gevent with gevent-websocket, a loop over the server's clients.

Pattern: the chat in https://gitlab.com/noppo/gevent-websocket/-/tree/master/examples, whose
``broadcast`` sends to each of ``ws.handler.server.clients`` in turn; each send may wait.
"""

from __future__ import annotations

from gevent import monkey


monkey.patch_all()

import signal

import gevent
from door import BACKLOG, announce, wanted_address
from geventwebsocket import Resource, WebSocketApplication, WebSocketError, WebSocketServer


class Chat(WebSocketApplication):
    def on_message(self, message: str | bytes | None) -> None:
        if message is None:  # the client has gone
            return
        for client in list(self.ws.handler.server.clients.values()):
            try:
                client.ws.send(message)
            except WebSocketError:  # that client has gone
                continue


if __name__ == "__main__":
    address = wanted_address()
    server = WebSocketServer(
        address, Resource([("/ws", Chat)]), backlog=BACKLOG, log=None, error_log=None
    )
    server.start()
    announce("gevent-loop", (server.server_host, server.server_port))
    gevent.signal_handler(signal.SIGTERM, server.stop)
    server.serve_forever(stop_timeout=1)
