"""What can go wrong, and whose fault it is.

    HubbubError
    ├── SettingsError    yours: a setting that makes no sense; exit code 2
    ├── CannotStart      the machine's: a port is taken, an address is unknown; exit code 1
    ├── RoomFull         nobody's: ``max_clients`` are already in
    ├── HubClosed        nobody's: the server is shutting down
    └── PeerGone         theirs: the connection failed
        ├── PeerSilent   theirs: the other end is connected but says nothing
        └── PeerStuck    theirs: the other end is connected but takes nothing

A peer that breaks the protocol raises nothing: its codec turns that into an
event, because it is ordinary work for a server and not an exception to it.
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
    """The root of everything this package raises on purpose."""


class SettingsError(HubbubError):
    """A flag, variable or file entry makes no sense; the text is one line for a person."""


class CannotStart(HubbubError):
    """A door cannot be opened; the text is one line for a person."""


class RoomFull(HubbubError):
    """The room has ``max_clients`` members; the newcomer was not let in."""

    def __str__(self) -> str:
        return "server is full"


class HubClosed(HubbubError):
    """``close`` has begun; the command reached nobody, and trying again is useless."""

    def __str__(self) -> str:
        return "server is shutting down"


class PeerGone(HubbubError):
    """The connection failed under us. See below for one that still stands."""


class PeerSilent(PeerGone):
    """The peer has shown no life for as long as it may be silent."""


class PeerStuck(PeerGone):
    """The peer's socket has taken nothing for ``write_timeout``."""
