"""A peer: `picows`, a WebSocket library in Cython; it sends to each client in the frame's callback.

There is no task, no queue and no policy for slow consumers: bytes that a socket does not take wait
in its transport. The library delivers single frames, so the fragments of a message are joined here.
"""

from __future__ import annotations

import logging

from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from benchmarks.peers.startup import BACKLOG, Address, announce, run


__all__: list[str] = []

_transports: set[WSTransport] = set()


class _Relay(WSListener):
    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] | None = None  # of a fragmented text message; None: no fragments

    def on_ws_connected(self, transport: WSTransport) -> None:
        _transports.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        _transports.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT and frame.fin:
            self._publish(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.TEXT:
            self._parts = [frame.get_payload_as_bytes()]
        elif frame.msg_type == WSMsgType.CONTINUATION and self._parts is not None:
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                self._publish(b"".join(self._parts))
                self._parts = None
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()

    def _publish(self, message: bytes) -> None:
        for transport in list(_transports):  # a failing send may remove its transport
            transport.send(WSMsgType.TEXT, message)


def _listener(request: WSUpgradeRequest) -> WSListener:
    return _Relay()


async def _serve(peer_id: str, address: Address) -> None:
    logging.getLogger("picows").setLevel(logging.CRITICAL)  # a client's faults are not logged
    server = await ws_create_server(_listener, *address, backlog=BACKLOG)
    announce(peer_id, server.sockets[0].getsockname())
    await server.serve_forever()


if __name__ == "__main__":
    run("picows-direct", _serve)
