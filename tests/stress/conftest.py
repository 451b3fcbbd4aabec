"""Which servers are put under stress, and the fixtures of these tests.

Nothing here runs unless it is named: `make test` and a bare `pytest` leave it out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.contenders import OurServer, listed_ids
from conformance.factories import Connect, Launch
from tests.stress.crowd import Report


_HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this folder alone unless it, or a file in it, was asked for by name."""
    asked = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    return None if any(path.is_relative_to(_HERE) for path in asked) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test for each server; all tests of one server before the next server's."""
    if "server_id" in metafunc.fixturenames:
        ids = metafunc.config.getoption("--server") or listed_ids()
        metafunc.parametrize("server_id", ids, scope="session")


@pytest.fixture
def launch(server_id: str) -> Iterator[Launch]:
    """Starts servers: ``launch.ready(idle_timeout=1)``."""
    launch = Launch(OurServer(server_id), {})
    yield launch
    launch.stop_all()


@pytest.fixture
def connect(launch: Launch) -> Iterator[Connect]:
    """Connects one client of the conformance suite: ``connect("anna", server=server)``."""
    connect = Connect(launch, "tcp")
    yield connect
    connect.close_all()


@pytest.fixture
def report(server_id: str, request: pytest.FixtureRequest) -> Report:
    """Prints a line of progress: the server, the test, the time since it began, and the news."""
    what = request.node.originalname.removeprefix("test_").replace("_", " ")
    since_s = time.monotonic()

    def print_line(text: str) -> None:
        print(f"{server_id}: {what}: {time.monotonic() - since_s:5.1f} s: {text}", flush=True)

    print()
    return print_line
