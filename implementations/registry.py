"""Finds everything that can be started by its id: a server or an exhibit."""

from __future__ import annotations

from implementations.exhibits.catalogue import PREFIX, Exhibit, find_exhibit
from implementations.servers import Server, find_server


__all__ = ["find"]


def find(server_id: str) -> Server | Exhibit:
    """Return the server with that id, or the exhibit.

    Raises:
        SettingsError: there is none.
    """
    if server_id.startswith(PREFIX):
        return find_exhibit(server_id)
    return find_server(server_id)
