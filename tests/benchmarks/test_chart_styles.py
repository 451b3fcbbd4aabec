"""How servers look in a chart."""

from __future__ import annotations

from benchmarks.chart_styles import RUNTIMES, styles_of
from benchmarks.peers import PEERS
from implementations.servers import SERVERS


def test_every_server_looks_different() -> None:
    """No two servers of a report share colour, marker and dashes."""
    servers = [*(server.id for server in SERVERS), *PEERS]

    styles = styles_of(servers)

    assert list(styles) == servers
    assert len(set(styles.values())) == len(servers)


def test_runtime_decides_colour_and_marker() -> None:
    """The three hubs of a runtime share colour and marker, and differ in their dashes."""
    styles = styles_of(["trio-mutex", "trio-broadcaster", "trio-direct"])

    assert {(style.colour, style.marker) for style in styles.values()} == {RUNTIMES["trio"]}
    assert len({style.line for style in styles.values()}) == 3
