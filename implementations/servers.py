"""The nine servers: their ids, one line about each, and how to start it.

This module imports no runtime. `Server.run` does, so that one server loads its own only.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from implementations.core.errors import CannotStart, HubbubError, SettingsError
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site


if TYPE_CHECKING:  # it imports what only a node of a cluster needs
    from implementations.engines import Membership


__all__ = ["CLUSTERED", "SERVERS", "Server", "find_server"]

# How many new objects start the garbage collector. At Python's 700, each message to a thousand
# clients started it several times. It looked at every client's tasks, and found nothing to free:
# what a server drops is seldom in a cycle.
COLLECT_AFTER = 20_000

Announce = Callable[[Endpoint, Endpoint], None]


@dataclass(frozen=True)
class Server:
    """One server and its three axes.

    Attributes:
        runtime: ``threads``, ``asyncio`` or ``trio``.
        hub: ``mutex``, ``broadcaster`` or ``direct``: the owner of the client map.
        delivery: ``outbox`` (a queue and a write pump per client) or ``direct``.
        summary: one line about it.
    """

    runtime: str
    hub: str
    delivery: str
    summary: str

    @property
    def id(self) -> str:
        """``asyncio-mutex`` and so on: the same in the CLI, tests, reports and prose."""
        return f"{self.runtime}-{self.hub}"

    def in_place(self) -> AbstractContextManager[object]:
        """Do nothing: only an exhibit must replace something before the settings are read."""
        return nullcontext()

    def load(self) -> ModuleType:
        """Import the package of its runtime, and with it the libraries that this needs.

        That is most of a server's start. Meanwhile the garbage collector rests, because nothing
        that an import makes is garbage.
        """
        _import_when_used("importlib.metadata")  # takes 20 ms; websockets seldom uses it
        gc.disable()
        try:
            return import_module(f"implementations.on_{self.runtime}")
        finally:
            gc.enable()

    def run(
        self,
        settings: Settings,
        site: Site,
        announce: Announce,
        *,
        loop: str = "asyncio",
        membership: Membership | None = None,
    ) -> None:
        """Serve until a signal ends it. Call it in the main thread of a process of its own.

        Args:
            loop: ``asyncio`` or ``uvloop``: the event loop of an asyncio server.
            membership: for a node of a room on many machines: which room. Default: of its own.

        Raises:
            CannotStart: a door could not be opened, or the room's log cannot be used.
            SettingsError: this server cannot use that loop or that writer, or it is not there.
        """
        if loop == "uvloop" and self.runtime != "asyncio":
            raise SettingsError(f"--loop uvloop is for asyncio servers, not for {self.id}")
        if self.hub == "direct":
            from implementations.uring import choose_writer

            writer, news = choose_writer(settings.writer)
            settings = replace(settings, writer=writer)
            announce = _then_tell(announce, news)
        elif settings.writer == "uring":
            raise SettingsError(f"--writer uring is for direct servers, not for {self.id}")
        package = self.load()
        gc.freeze()  # what the imports made is no garbage, today or later
        gc.set_threshold(COLLECT_AFTER)
        name = f"{self.hub.capitalize()}Hub"
        if self in CLUSTERED:
            make_hub = getattr(import_module(f"{package.__name__}.hub_{self.hub}"), name)
            make_hub = partial(make_hub, membership=membership)
        else:
            make_hub = getattr(package, name)
        arguments = (settings, make_hub, site, announce)
        match self.runtime, loop:
            case "threads", _:
                package.serve(*arguments)
            case "trio", _:
                import_module("trio").run(package.serve, *arguments)
            case "asyncio", "uvloop":
                try:
                    uvloop = import_module("uvloop")
                except ModuleNotFoundError:
                    raise SettingsError(
                        "--loop uvloop needs uvloop: pip install 'hubbub[uvloop]'"
                    ) from None
                uvloop.run(package.serve(*arguments))
            case _:
                try:
                    import_module("asyncio").run(package.serve(*arguments))
                except* HubbubError as errors:  # a room's log that this node cannot use any more
                    raise CannotStart(str(_first(errors))) from None


SERVERS = (
    Server("threads", "mutex", "outbox", "threads share the client map under a lock, and need it"),
    Server("threads", "broadcaster", "outbox", "one thread owns the client map, others send to it"),
    Server(
        "threads", "direct", "direct", "the map's owner writes to the sockets itself, in groups"
    ),
    Server(
        "asyncio", "mutex", "outbox", "tasks share the client map under a lock, and do not need it"
    ),
    Server("asyncio", "broadcaster", "outbox", "one task owns the client map, others send to it"),
    Server(
        "asyncio", "direct", "direct", "the map's owner writes to the sockets itself, in groups"
    ),
    Server("trio", "mutex", "outbox", "as asyncio-mutex, with nurseries and cancel scopes"),
    Server("trio", "broadcaster", "outbox", "as asyncio-broadcaster, with a memory channel"),
    Server("trio", "direct", "direct", "as asyncio-direct, with trio's bare waits for a socket"),
)

# A node of a room on many machines. The nine are about one machine, so they stay nine.
CLUSTERED = (
    Server("asyncio", "replicated", "direct", "a log that many nodes share owns the client map"),
)


def _then_tell(announce: Announce, news: str) -> Announce:
    """Let a line of the log follow the announcement: before it, a failed start says one line."""

    def announce_and_tell(tcp: Endpoint, ws: Endpoint) -> None:
        announce(tcp, ws)
        if news:
            logging.getLogger("hubbub").info(news)

    return announce_and_tell


def _import_when_used(name: str) -> None:
    """Let a module be imported when something in it is first used: a stand-in takes its place."""
    if name in sys.modules:
        return

    def from_the_module(attribute: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in = sys.modules[name] = ModuleType(name)
    vars(stand_in)["__getattr__"] = from_the_module


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def find_server(server_id: str) -> Server:
    """Return the server with that id.

    Raises:
        SettingsError: there is none.
    """
    for server in (*SERVERS, *CLUSTERED):
        if server.id == server_id:
            return server
    raise SettingsError(f"unknown server {server_id!r} (hubbub list shows them all)")
