"""HTTP at the WebSocket door: plain requests, and the answer to a handshake."""

import http.client
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.expectations import ConnectionEnded, Mismatch
from conformance.server import Address
from conformance.sockets import ready_for
from conformance.timing import WITHIN


__all__ = ["Refused", "Response", "http_request", "read_response"]

_RECV_BYTES = 1 << 16


class Refused(Mismatch):
    """The server answered the WebSocket handshake with another status than 101.

    Attributes:
        status: the status of the answer.
        response: the whole answer.
    """

    def __init__(self, response: "Response") -> None:
        super().__init__(f"the handshake was refused with {response.status}: {response.body!r}")
        self.response = response
        self.status = response.status


@dataclass(frozen=True)
class Response:
    """One HTTP response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def http_request(
    address: Address,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    within: float = WITHIN,
) -> Response:
    """Make one HTTP request on a connection of its own, and return the response.

    Raises:
        Mismatch: no answer came within that time.
    """
    connection = http.client.HTTPConnection(*address, timeout=within)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, fields, response.read())
    except TimeoutError:
        raise Mismatch(f"{method} {path} was not answered within {within:g} s") from None
    finally:
        connection.close()


def read_response(sock: socket.socket, within: float) -> tuple[Response, bytes]:
    """Read one response, with its body if a header says how long that is; and what came after."""
    deadline = time.monotonic() + within
    data = b""
    while b"\r\n\r\n" not in data:
        data += _recv(sock, deadline, data)
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    parted = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in parted}
    try:
        status = int(status_line.split()[1])
    except (IndexError, ValueError):
        raise Mismatch(f"the handshake was answered with {status_line!r}") from None
    if status == 101:
        return Response(status, headers, b""), body
    size = int(headers.get("content-length", "0"))
    while len(body) < size:
        body += _recv(sock, deadline, body)
    return Response(status, headers, body), b""


def _recv(sock: socket.socket, deadline: float, so_far: bytes) -> bytes:
    if not ready_for(select.POLLIN, sock, deadline):
        raise Mismatch(f"the handshake was not answered in time; so far: {so_far!r}")
    try:
        data = sock.recv(_RECV_BYTES)
    except OSError as error:
        raise ConnectionEnded(f"the server broke off the handshake ({error.strerror})") from None
    if not data:
        raise ConnectionEnded(f"the server broke off the handshake; so far: {so_far!r}")
    return data
