"""A server that the test plays itself, for tests of the suite's own clients."""

import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from conformance.clients import Client
from conformance.tcp_client import TcpClient
from conformance.timing import TICK
from conformance.websocket_client import WebSocketClient


__all__ = ["Stage", "stage"]


class Stage:
    """Makes clients that are called anna, and gives the server's end of their connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened: list[socket.socket | Client] = []

    @property
    def address(self) -> tuple[str, int]:
        """Where the stage listens."""
        host, port = self._listener.getsockname()
        return host, port

    def tcp(self) -> tuple[TcpClient, socket.socket]:
        """Connect a line client."""
        anna = TcpClient(self.address, label="anna")
        sock = self._accept()
        self._opened += [anna, sock]
        return anna, sock

    def ws(self) -> tuple[WebSocketClient, socket.socket]:
        """Connect a WebSocket client; the websockets library answers its handshake."""
        accepted: list[socket.socket] = []
        answering = threading.Thread(target=lambda: accepted.append(self._shake_hands()))
        answering.start()
        anna = WebSocketClient(self.address, label="anna")
        answering.join()
        self._opened += [anna, accepted[0]]
        return anna, accepted[0]

    def answer_one(self, response: bytes) -> None:
        """Answer the next connection with these bytes and end it, whatever it sends."""
        threading.Thread(target=self._answer, args=(response,), daemon=True).start()

    def clear(self) -> None:
        """End all clients and connections."""
        for one in self._opened:
            if isinstance(one, Client):
                one.abandon()
            else:
                one.close()
        self._listener.close()

    def _accept(self) -> socket.socket:
        sock, _ = self._listener.accept()
        sock.settimeout(50 * TICK)
        return sock

    def _shake_hands(self) -> socket.socket:
        sock, protocol = self._accept(), ServerProtocol()
        requests: list[Request] = []
        while not requests:
            protocol.receive_data(sock.recv(4096))
            requests = [event for event in protocol.events_received() if isinstance(event, Request)]
        protocol.send_response(protocol.accept(requests[0]))
        sock.sendall(b"".join(protocol.data_to_send()))
        return sock

    def _answer(self, response: bytes) -> None:
        with self._accept() as sock:
            sock.recv(4096)
            sock.sendall(response)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A stage, which is cleared when the test is over."""
    stage = Stage()
    yield stage
    stage.clear()
