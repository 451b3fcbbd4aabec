"""The fixtures of a rule test. README.md in this folder shows how to use them."""

from collections.abc import Callable, Iterator

import pytest

from conformance.contenders import Contender
from conformance.factories import ClientFactory, Connect, Launch, ServerFactory
from conformance.protocol import Door
from conformance.recording import CLIENTS
from conformance.server import Server
from conformance.swarm import Swarm


@pytest.fixture
def door(contender: Contender) -> Door:
    """The door this run is about; a rule of no door uses the first there is."""
    return contender.doors[0]


@pytest.fixture
def launch(contender: Contender, request: pytest.FixtureRequest) -> Iterator[Launch]:
    """Starts servers without waiting for them: for tests about starting and stopping."""
    marker = request.node.get_closest_marker("settings")
    launch = Launch(contender, marker.kwargs if marker else {})
    yield launch
    launch.stop_all()


@pytest.fixture
def server_with(launch: Launch) -> ServerFactory:
    """Starts a server with settings, ready to use: ``server_with(max_clients=2)``."""
    return launch.ready


@pytest.fixture
def server(launch: Launch) -> Server:
    """The test's server, a process of its own, with the settings of ``@settings``."""
    return launch.default()


@pytest.fixture
def connect(launch: Launch, door: Door, request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connects one client: ``connect("anna")``, ``connect(door="tcp", welcome=False)``."""
    connect = Connect(launch, door)
    request.node.stash[CLIENTS] = connect.opened
    yield connect
    connect.close_all()
    # The node outlives the test. With all that every client ever heard in memory, the collector
    # would stop the readers of later tests for a second at a time.
    del request.node.stash[CLIENTS]


@pytest.fixture
def clients(connect: Connect) -> ClientFactory:
    """Connects several: ``anna, ben = clients("anna", "ben")``."""
    return ClientFactory(connect)


@pytest.fixture
def swarm(connect: Connect, door: Door) -> Swarm:
    """Makes many clients talk, come and go at once: ``swarm(talkers=4, visitors=3)``."""
    return Swarm(connect, door)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes what an INFO rule found out, in words: ``measured("41 KiB a client")``."""
    return lambda text: request.node.user_properties.append(("measured", text))
