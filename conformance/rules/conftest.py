"""The fixtures of the rules: those of every rule test, and one for the area ``http``."""

from collections.abc import Callable
from functools import partial

import pytest

from conformance import Door, Response, Server, http_request
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


@pytest.fixture
def ask(server: Server, door: Door) -> Callable[..., Response]:
    """Makes one HTTP request: ``ask("/healthz")``, ``ask("/ws", method="POST")``."""
    return partial(http_request, server.address(door))
