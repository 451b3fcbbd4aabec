"""Each runtime's front door has what the registry needs, and nothing else."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from implementations.servers import CLUSTERED, SERVERS, Server
from tests.meta.folders import ROOT, modules_in


RUNTIMES = sorted(
    path.parent.name.removeprefix("on_")
    for path in (ROOT / "implementations").glob("on_*/__init__.py")
)
EVERY_RUNTIME = pytest.mark.parametrize("runtime", RUNTIMES)


def hub_class(hub: str) -> str:
    """Return the name of the class of a hub: ``MutexHub`` for ``mutex``."""
    return f"{hub.capitalize()}Hub"


@EVERY_RUNTIME
def test_front_door_has_serve_and_the_hubs(runtime: str) -> None:
    """A runtime exports ``serve`` and a hub for each of its servers, sorted, and nothing else."""
    package = import_module(f"implementations.on_{runtime}")

    hubs = [hub_class(server.hub) for server in SERVERS if server.runtime == runtime]

    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) == {"serve", *hubs}
    assert callable(package.serve)
    assert all(inspect.isclass(getattr(package, hub)) for hub in hubs)


@EVERY_RUNTIME
def test_every_hub_has_a_file_and_a_server(runtime: str) -> None:
    """A ``hub_*.py`` is a server in the registry, and a server's hub stands in its own file."""
    files = modules_in(ROOT / "implementations" / f"on_{runtime}")

    hubs = {server.hub for server in (*SERVERS, *CLUSTERED) if server.runtime == runtime}

    assert {name.removeprefix("hub_") for name in files if name.startswith("hub_")} == hubs
    for hub in hubs:
        module = import_module(f"implementations.on_{runtime}.hub_{hub}")
        assert getattr(module, hub_class(hub)).__module__ == module.__name__


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)
def test_server_can_be_found_where_it_is_started(server: Server) -> None:
    """Every id of the registry names a runtime that is there."""
    assert server.runtime in RUNTIMES
