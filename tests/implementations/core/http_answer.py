"""Reads an HTTP answer as a browser would, but a little more strictly."""

from __future__ import annotations

import io
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse


__all__ = ["HttpAnswer", "read_answer"]


@dataclass(frozen=True)
class HttpAnswer:
    """One answer in its parts."""

    status: int
    reason: str
    headers: Message
    body: bytes


class _Bytes:
    """A stand-in for the socket that ``http.client`` reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def read_answer(data: bytes) -> HttpAnswer:
    """Return the parts of an answer; its length must be the one that it states."""
    response = HTTPResponse(_Bytes(data))  # type: ignore[arg-type]  # it needs makefile() alone
    response.begin()
    body = response.read()
    assert response.getheader("Content-Length") == str(len(body))
    assert data.endswith(b"\r\n\r\n" + body), "bytes behind the answer"
    return HttpAnswer(response.status, response.reason, response.headers, body)
