"""How servers look in a chart."""

from __future__ import annotations

import pytest

from benchmarks.chart_styles import FAMILIES, RUNTIMES, family, styles_of
from benchmarks.peers import PEERS
from implementations.servers import SERVERS


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_server_looks_different() -> None:
    """No two servers of a report share colour, marker and dashes."""
    servers = [*(server.id for server in SERVERS), *PEERS, "mine", "yours", "theirs"]

    styles = styles_of(servers)

    assert list(styles) == servers
    assert len(set(styles.values())) == len(servers)


def test_server_looks_the_same_in_every_report() -> None:
    """The look of a server does not depend on the servers beside it."""
    servers = [*(server.id for server in SERVERS), *PEERS, "mine"]
    together = styles_of(servers)

    for server in servers:
        assert styles_of([server])[server] == together[server]


def test_runtime_decides_colour_and_marker() -> None:
    """The three hubs of a runtime share colour and marker, and differ in their dashes."""
    styles = styles_of(["trio-mutex", "trio-broadcaster", "trio-direct"])

    assert {(style.colour, style.marker) for style in styles.values()} == {RUNTIMES["trio"]}
    assert len({style.line for style in styles.values()}) == 3


def test_peer_is_known_by_a_word_of_its_id() -> None:
    """A peer that is made with a known library has the library's look, whatever it runs on."""
    styles = styles_of(["fastapi", "fastapi-uvicorn", "bun-publish", "node-ws"])

    assert styles["fastapi"] == styles["fastapi-uvicorn"]
    assert styles["bun-publish"].colour == styles["node-ws"].colour == FAMILIES["javascript"]


@pytest.mark.parametrize(
    ("server", "panel"),
    [
        ("trio-direct", "trio"),
        ("asyncio-mutex+uvloop", "asyncio"),
        ("trio-websocket", "peers"),
        ("go-gorilla", "peers"),
    ],
)
def test_only_our_servers_belong_to_a_runtime(server: str, panel: str) -> None:
    """A peer on trio stands among the peers."""
    assert family(server) == panel


@pytest.mark.parametrize("colour", FAMILIES.values())
def test_colour_is_readable_in_light_and_dark(colour: str) -> None:
    """Every colour has a contrast of 3 to 1 at least, on white and on black."""
    light = luminance(colour)

    assert 1.05 / (light + 0.05) >= 3
    assert (light + 0.05) / 0.05 >= 3
