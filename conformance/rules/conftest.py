"""The fixtures of the rules: those that every author of a rule test can have."""

from conformance.fixtures import (
    clients,
    connect,
    door,
    launch,
    measured,
    server,
    server_with,
    swarm,
)


__all__ = ["clients", "connect", "door", "launch", "measured", "server", "server_with", "swarm"]
