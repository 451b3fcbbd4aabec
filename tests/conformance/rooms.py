"""A room without a fault, for tests of the history checker: it makes its clients' logs.

Also the faults to plant: each function takes a history and returns it with one log changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.checker import History, Session


__all__ = ["Room", "added", "changed", "doubled", "reworded", "swapped", "without"]


@dataclass
class _Stay:
    label: str
    name: str
    address: str
    inside: bool = True
    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    sent_after: list[int] = field(default_factory=list)
    complete: bool = False
    gone: bool = False


class Room:
    """Everyone in the room gets everything at once, in the order of the calls."""

    def __init__(self) -> None:
        self._stays: dict[str, _Stay] = {}

    def join(self, *labels: str, name: str | None = None) -> None:
        """Let sessions join, each under its first name (by default made of its label)."""
        for label in labels:
            address = name or f"{label}:1"
            stay = _Stay(label, address, address)
            self._tell(f"* {stay.name} joined")
            self._stays[label] = stay
            stay.received.append(f"* you are {stay.name}")
            self.who(label, asked=False)

    def say(self, label: str, text: str, *, ahead: int = 0) -> None:
        """Let a session say something that comes back ``ahead`` lines later."""
        self._send(label, text, ahead)
        self._tell(f"{self._stays[label].name}: {text}")

    def send_unheard(self, label: str, line: str) -> None:
        """Let a session send something that the room never accepts."""
        self._send(label, line, 0)

    def rename(self, label: str, name: str) -> None:
        """Let a session take a name that no session has."""
        stay = self._stays[label]
        self._send(label, f"/rename {name}", 0)
        self._tell(f"* {stay.name} is now {name}")
        stay.name = name

    def who(self, label: str, *, asked: bool = True) -> None:
        """Give a session the roster."""
        if asked:
            self._send(label, "/who", 0)
        names = [stay.name for stay in self._stays.values() if stay.inside]
        self._stays[label].received.append(f"* online ({len(names)}): {', '.join(names)}")

    def leave(self, label: str, how: str = "left", *, gone: bool = True) -> None:
        """Let a session leave, in one of the three ways."""
        stay = self._stays[label]
        stay.inside, stay.gone = False, gone
        self._tell(f"* {stay.name} {how}")

    def cut(self, label: str, *, unread: int) -> None:
        """Remove the last lines that a session got, as if it had been cut off before."""
        stay = self._stays[label]
        stay.inside = False
        stay.received = stay.received[: max(0, len(stay.received) - unread)]
        stay.sent_after = [min(after, len(stay.received)) for after in stay.sent_after]

    def close(self, *labels: str) -> None:
        """Let sessions say a fence and get it back, so that they are complete."""
        for label in labels:
            self.say(label, f"{label}-fence")
            self._stays[label].complete = True

    def history(self) -> History:
        """Return what the clients have logged so far."""
        return History(
            tuple(
                Session(
                    stay.label,
                    list(stay.received),
                    list(stay.sent),
                    list(stay.sent_after),
                    stay.complete,
                    stay.gone,
                    stay.address,
                )
                for stay in self._stays.values()
            )
        )

    def _send(self, label: str, line: str, ahead: int) -> None:
        stay = self._stays[label]
        earliest = stay.sent_after[-1] if stay.sent_after else 0
        stay.sent.append(line)
        stay.sent_after.append(max(earliest, len(stay.received) - ahead))

    def _tell(self, line: str) -> None:
        for stay in self._stays.values():
            if stay.inside:
                stay.received.append(line)


def changed(history: History, label: str, change: Callable[[list[str]], list[str]]) -> History:
    """Return the history with a change to what one session received."""
    return History(
        tuple(
            replace(session, received=change(list(session.received)))
            if session.label == label
            else session
            for session in history.sessions
        )
    )


def without(history: History, label: str, line: str) -> History:
    """Return the history with one line lost on its way to one session."""
    return changed(history, label, lambda received: [got for got in received if got != line])


def doubled(history: History, label: str, line: str) -> History:
    """Return the history with one line delivered twice to one session."""
    return changed(
        history, label, lambda received: [got for got in received for _ in range(1 + (got == line))]
    )


def added(history: History, label: str, line: str) -> History:
    """Return the history with one more line at the end of what one session received."""
    return changed(history, label, lambda received: [*received, line])


def swapped(history: History, label: str, one: str, other: str) -> History:
    """Return the history with two lines in exchanged places at one session."""
    places = {one: other, other: one}
    return changed(history, label, lambda received: [places.get(got, got) for got in received])


def reworded(history: History, label: str, line: str, other: str) -> History:
    """Return the history with one line replaced by another at one session."""
    return changed(
        history, label, lambda received: [other if got == line else got for got in received]
    )
