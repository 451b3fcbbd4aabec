"""The nine servers, under their ids."""

from __future__ import annotations

import pytest

from implementations.core.errors import SettingsError
from implementations.servers import SERVERS, Server, find_server
from tests.implementations.running import run_python


EVERY_SERVER = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)

AXES = {
    "runtime": ("threads", "asyncio", "trio"),
    "hub": ("mutex", "broadcaster", "direct"),
    "delivery": ("outbox", "direct"),
}


@EVERY_SERVER
def test_server_is_found_under_its_id(server: Server) -> None:
    """An id is the runtime and the hub, and finds that server and no other."""
    assert server.id == f"{server.runtime}-{server.hub}"
    assert find_server(server.id) is server


@pytest.mark.parametrize("server_id", ["", "asyncio", "mutex", "asyncio-abacus", "a\nb"])
def test_unknown_id_is_refused(server_id: str) -> None:
    """An unknown id is refused with one line that names it."""
    with pytest.raises(SettingsError) as caught:
        find_server(server_id)

    assert str(caught.value).startswith(f"unknown server {server_id!r} ")
    assert len(str(caught.value).splitlines()) == 1


@EVERY_SERVER
def test_server_has_its_place_in_the_matrix(server: Server) -> None:
    """A server's axes have known values, and only a direct hub delivers by itself."""
    assert server.runtime in AXES["runtime"]
    assert server.hub in AXES["hub"]
    assert server.delivery in AXES["delivery"]
    assert (server.hub == "direct") == (server.delivery == "direct")


@EVERY_SERVER
def test_summary_fits_on_a_line(server: Server) -> None:
    """A summary is one line that fits into a terminal beside the longest id."""
    assert server.summary.isprintable()
    assert 0 < len(server.summary) <= 80 - len("threads-broadcaster  ")


def test_listing_the_servers_loads_none() -> None:
    """Listing the servers loads no runtime."""
    ended = run_python(
        "-c",
        "import sys, implementations.registry\n"
        "print([name for name in sys.modules if name.startswith('implementations.on_')])",
    )

    assert (ended.stdout, ended.stderr) == ("[]\n", "")
