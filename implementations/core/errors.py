"""What can go wrong, and whose fault it is.

    HubbubError
    ├── SettingsError    the user: a setting that makes no sense; exit code 2
    ├── CannotStart      the machine: a port is taken, an address is unknown; exit code 1
    ├── RoomFull         nobody: the room has ``max_clients`` members already
    ├── HubClosed        nobody: the server is shutting down
    └── PeerGone         the other end: the connection failed
        ├── PeerSilent   the other end: it is connected but says nothing
        └── PeerStuck    the other end: it is connected but takes nothing

A client that breaks the protocol raises no error. Its codec turns the mistake into an
event, because such mistakes are ordinary work for a server.
"""

__all__ = [
    "CannotStart",
    "HubClosed",
    "HubbubError",
    "PeerGone",
    "PeerSilent",
    "PeerStuck",
    "RoomFull",
    "SettingsError",
]


class HubbubError(Exception):
    """The base of every error that this package raises on purpose."""


class SettingsError(HubbubError):
    """A flag, variable or file entry makes no sense. The text is one line for the user."""


class CannotStart(HubbubError):
    """A door cannot be opened. The text is one line for the user."""


class RoomFull(HubbubError):
    """The room has ``max_clients`` members, so the newcomer was not let in."""

    def __str__(self) -> str:
        return "server is full"


class HubClosed(HubbubError):
    """The hub has closed: the newcomer was not let in, and trying again is useless."""

    def __str__(self) -> str:
        return "server is shutting down"


class PeerGone(HubbubError):
    """The connection failed. The two errors below are for a connection that still stands."""


class PeerSilent(PeerGone):
    """The peer has been silent for as long as it may be."""


class PeerStuck(PeerGone):
    """The peer's socket has taken nothing for ``write_timeout``."""
