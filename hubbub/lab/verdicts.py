"""The history checker over the clients that are watched closely, while they talk.

Only what a window of a conversation can show is judged: two clients that heard two lines in
different orders, and a speaker's lines out of order. Whether a line was lost cannot be told from a
window. Only lines of pinned speakers are judged: of the others nobody knows what they said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

from conformance.checker import History, Session, check_window


__all__ = ["Judge"]

WINDOW = 300  # lines that are kept per client


class Judge:
    """What the pinned clients said and heard, and what the checker says of it."""

    def __init__(self) -> None:
        self._logs: dict[int, deque[tuple[Literal["said", "got"], str]]] = {}
        self._names: dict[int, str] = {}
        self._told: set[str] = set()
        self._changed = False

    def pin(self, clients: list[int]) -> None:
        """Watch these clients, and forget what was before."""
        self._logs = {client: deque(maxlen=WINDOW) for client in clients}
        self._names.clear()
        self._told.clear()

    def take(self, message: Mapping[str, Any]) -> None:
        """Take a line that a pinned client ``said`` or ``heard``."""
        client, line = message["client"], message["line"]
        if client not in self._logs or line is None or line.startswith(("* ", "! ")):
            return
        if message["name"]:
            self._names[client] = message["name"]
        self._logs[client].append(("said" if message["is"] == "said" else "got", line))
        self._changed = True

    def verdicts(self) -> list[dict[str, Any]]:
        """Return what is broken and was not told before."""
        if not self._changed:
            return []
        self._changed = False
        clients, found = list(self._logs), []
        for finding in check_window(self._history()):
            if finding.sentence not in self._told:
                self._told.add(finding.sentence)
                lines = [line for _, line in (*finding.blamed, *finding.absent)]
                verdict = {
                    "rule": finding.rule_id,
                    "text": finding.sentence,
                    "clients": [clients[session] for session in finding.sessions],
                    "line": lines[0] if lines else None,
                }
                found.append(verdict)
        return found

    def _history(self) -> History:
        """Return the last part of the conversation, as if it had begun with it."""
        return History(
            tuple(
                Session.from_log(
                    _label(client),
                    [("got", f"* you are {self._names.get(client, client)}"), *entries],
                )
                for client, entries in self._logs.items()
            )
        )


def _label(client: int) -> str:
    return f"client {client}"
