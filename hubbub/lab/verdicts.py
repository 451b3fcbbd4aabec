"""The history checker over the clients that are watched closely, while they talk.

Only what a window of a conversation can show is judged: two clients that heard two lines in
different orders, a speaker's lines out of order, and a line that came twice. Whether a line was
lost cannot be told from a window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from conformance.checker import Coverage, History, Session, check


__all__ = ["Judge"]

WINDOW = 120  # lines that are kept per client
JUDGED = ("order.total", "order.speaker")


class Judge:
    """What the pinned clients heard, and what the checker says of it."""

    def __init__(self) -> None:
        self._heard: dict[int, deque[str]] = {}
        self._names: dict[int, str] = {}
        self._told: set[tuple[str, str]] = set()
        self._changed = False

    def pin(self, clients: list[int]) -> None:
        """Watch these clients, and forget the others."""
        self._heard = {client: self._heard.get(client, deque(maxlen=WINDOW)) for client in clients}

    def take(self, message: Mapping[str, Any]) -> None:
        """Take a line that a pinned client heard."""
        client = message["client"]
        if client not in self._heard or message.get("line") is None:
            return
        if message.get("name"):
            self._names[client] = message["name"]
        if not message["line"].startswith(("* ", "! ")):
            self._heard[client].append(message["line"])
            self._changed = True

    def verdicts(self) -> list[dict[str, Any]]:
        """Return what is broken and was not told before."""
        if not self._changed:
            return []
        self._changed = False
        found = []
        for violation in check(History(tuple(self._sessions())), Coverage()).violations:
            lines = sorted({line for _, line in (*violation.blamed, *violation.absent)})
            key = (violation.rule_id, "|".join(lines) or violation.sentence)
            if violation.rule_id not in JUDGED or key in self._told:
                continue
            self._told.add(key)
            labels = {session.label for session in violation.witness.sessions}
            found.append(
                {
                    "rule": violation.rule_id,
                    "text": violation.sentence,
                    "clients": sorted(c for c in self._heard if f"client {c}" in labels),
                    "line": lines[0] if lines else None,
                }
            )
        return found

    def _sessions(self) -> list[Session]:
        """Return the part of the conversation that all of them can have heard."""
        return [
            Session(f"client {client}", [f"* you are {self._names.get(client, client)}", *lines])
            for client, lines in self._heard.items()
        ]
