"""The registry: every id that can be started."""

from __future__ import annotations

import pytest

from implementations.core.errors import SettingsError
from implementations.exhibits.catalogue import find_exhibit
from implementations.registry import find
from implementations.servers import find_server


def test_good_server_and_exhibit_are_found_by_id() -> None:
    """The prefix of an id says whether it names a server or an exhibit."""
    assert find("asyncio-mutex") is find_server("asyncio-mutex")
    assert find("exhibit-two-locks") == find_exhibit("exhibit-two-locks")


@pytest.mark.parametrize("server_id", ["", "asyncio", "exhibit-", "exhibit-none", "two-locks"])
def test_unknown_id_is_refused(server_id: str) -> None:
    """An unknown id is refused with one line that names it."""
    with pytest.raises(SettingsError) as caught:
        find(server_id)

    assert repr(server_id) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
