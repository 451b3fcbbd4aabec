"""The plain HTTP side of the WebSocket door: whole answers as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus

from implementations.core.counted_room import Stats
from implementations.core.settings import Settings


__all__ = ["Site", "answer"]

# The page is one file and loads nothing else. In some browsers 'self' does not cover ws:.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'"
)


def answer(
    status: HTTPStatus,
    body: bytes,
    content_type: str = "text/plain; charset=utf-8",
    **headers: str,
) -> bytes:
    """Return a whole HTTP/1.1 answer. The connection closes after it."""
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Site:
    """What the WebSocket door answers to a browser.

    Args:
        server_id: the id that the server was started by.
        settings: the settings in force.
        page: the chat page, as HTML.
        lab: whether ``GET /lab`` has an answer.
        figures: makes that answer from the hub's counts. The server sets it (probe.py).
    """

    server_id: str
    settings: Settings
    page: bytes
    lab: bool = False
    figures: Callable[[Stats], bytes] | None = None

    def chat_page(self) -> bytes:
        """Answer ``GET /``."""
        return answer(
            HTTPStatus.OK,
            self.page,
            "text/html; charset=utf-8",
            Content_Security_Policy=PAGE_POLICY,
        )

    def health(self, stats: Stats, lab: bool = False) -> bytes:
        """Answer ``GET /healthz`` with the limits and the hub's counts, or ``GET /lab``."""
        if lab and self.figures is not None:
            return self.figures(stats)
        numbers = {
            "id": self.server_id,
            "policy": self.settings.slow_consumer.value,
            "max_line": self.settings.max_line,
            "max_clients": self.settings.max_clients,
            **asdict(stats),
        }
        return answer(HTTPStatus.OK, json.dumps(numbers).encode() + b"\n", "application/json")

    def health_head(self) -> bytes:
        """Answer ``HEAD /healthz`` or ``HEAD /lab``.

        No counts, and no length, because it depends on them.
        """
        head = answer(HTTPStatus.OK, b"", "application/json")
        return head.replace(b"Content-Length: 0\r\n", b"")
