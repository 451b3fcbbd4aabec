"""The fixtures of a rule test; README.md in this folder shows how to use them.

Rule tests in a folder of their own take them with ``from conformance.fixtures import *`` in
their ``conftest.py``.
"""

from collections.abc import Callable, Iterator

import pytest

from conformance.applicable import ABOUT_NO_STAYS
from conformance.contenders import Contender
from conformance.factories import ClientFactory, Connect, Launch, ServerFactory
from conformance.protocol import Door
from conformance.recording import CLIENTS, DIALECT, PASSED_OVER, SERVERS
from conformance.server import Server
from conformance.swarm import Swarm


__all__ = ["clients", "connect", "door", "launch", "measured", "server", "server_with", "swarm"]


@pytest.fixture
def door(contender: Contender) -> Door:
    """The door of this run; for a rule of the process, the first door that the server has."""
    return contender.doors[0]


@pytest.fixture
def launch(contender: Contender, request: pytest.FixtureRequest) -> Iterator[Launch]:
    """Starts servers without waiting for them, for tests of starting and stopping."""
    marker = request.node.get_closest_marker("settings")
    # A rule without doors is about the process: how it starts, logs and ends.
    quick = bool(request.node.get_closest_marker("rule").args[0].doors)
    launch = Launch(contender, marker.kwargs if marker else {}, quick=quick)
    request.node.stash[SERVERS] = launch.launched
    yield launch
    launch.stop_all()
    del request.node.stash[SERVERS]


@pytest.fixture
def server_with(launch: Launch) -> ServerFactory:
    """Starts a server with settings and waits until it is ready: ``server_with(max_clients=2)``."""
    return launch.ready


@pytest.fixture
def server(launch: Launch) -> Server:
    """The test's server, a process of its own, with the settings of ``@settings``."""
    return launch.default()


@pytest.fixture
def connect(launch: Launch, door: Door, request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connects one client: ``connect("anna")``, ``connect(door="tcp", welcome=False)``."""
    connect = Connect(launch, door, request.config.stash.get(DIALECT, None))
    request.node.stash[CLIENTS] = connect.opened
    if connect.interpreter is not None:
        request.node.stash[PASSED_OVER] = connect.interpreter.passed_over
        rule = request.node.get_closest_marker("rule")
        area = rule.args[0].area if rule else ""
        connect.interpreter.may_miss_stays = area in ABOUT_NO_STAYS
    yield connect
    connect.close_all()
    # The node outlives the test. If it kept all that every client has heard in memory, the
    # garbage collector would stop the readers of later tests for a second at a time.
    del request.node.stash[CLIENTS]


@pytest.fixture
def clients(connect: Connect) -> ClientFactory:
    """Connects several clients: ``anna, ben = clients("anna", "ben")``."""
    return ClientFactory(connect)


@pytest.fixture
def swarm(connect: Connect, door: Door) -> Swarm:
    """Makes many clients talk, come and go at once: ``swarm(talkers=4, visitors=3)``."""
    return Swarm(connect, door)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes what a test of an INFO rule measured: ``measured("41 KiB per client")``."""
    return lambda text: request.node.user_properties.append(("measured", text))
