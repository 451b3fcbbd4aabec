"""Finds out how a server greets a newcomer, before any rule is judged.

If it greets nobody, every test that needs a client would fail, and always for the same reason.
"""

from conformance.clients import Client
from conformance.contenders import Contender
from conformance.dialect import Dialect
from conformance.expectations import ConnectionEnded, Mismatch, listed
from conformance.factories import Connect, Launch
from conformance.http_requests import Refused


__all__ = ["ungreeted"]


def ungreeted(contender: Contender, dialect: Dialect | None) -> str | None:
    """Return in one sentence what a newcomer gets instead of a greeting; None: it is greeted.

    In a dialect a newcomer is greeted when it gets its own hello.
    """
    launch = Launch(contender, {})
    try:
        server = launch.ready()
        for door in contender.doors:
            connect = Connect(launch, door, dialect)
            try:
                connect(server=server)
            except (Mismatch, Refused, OSError) as error:
                return _told(door, error, connect.opened, dialect)
            finally:
                connect.close_all()
    finally:
        launch.stop_all()
    return None


def _told(door: str, error: Exception, opened: list[Client], dialect: Dialect | None) -> str:
    came = listed([event.text for client in opened for event in client.log if event.kind == "got"])
    if isinstance(error, Refused):
        came = f"a refusal with status {error.status}"
    elif isinstance(error, ConnectionEnded):
        came += ", and then the end"
    elif not isinstance(error, Mismatch):
        came = str(error)
    if dialect is not None:
        return (
            f"at its {door} door a client says a first line and does not get it back: it got "
            f"{came}; is {dialect.name} its dialect?"
        )
    return (
        f"at its {door} door it does not greet as PROTOCOL.md has it: a newcomer should get "
        f"'* you are NAME' and got {came}; try --dialect raw"
    )
