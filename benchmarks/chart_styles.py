"""How every server and every chart looks: colours, markers, dashes, fonts.

A chart has no background. Its text has the page's font and colour, and every other colour is a CSS
custom property with a default that is readable on white and on black. Colour and marker show the
runtime, the dashes show the hub, so a chart can be read without seeing colours.

Custom properties: ``--chart-threads --chart-asyncio --chart-trio --chart-peer --chart-grid``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


__all__ = ["LOOK", "PROPERTIES", "RUNTIMES", "WIDTH_IN", "Style", "styles_of"]

WIDTH_IN = 7.2
Dashes = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Style:
    """How one server looks in every chart."""

    colour: str
    marker: str
    line: Dashes


# Blue, vermilion and green: distinct for every kind of colour vision, on white and on black.
RUNTIMES = {"threads": ("#d55e00", "s"), "asyncio": ("#1f83c9", "o"), "trio": ("#009e73", "^")}
_HUBS: dict[str, Dashes] = {
    "mutex": (0, (4, 2)),
    "broadcaster": "-",
    "direct": (0, (1, 1)),
}
_PEER_COLOUR = "#7a7a7a"
# All peers are grey, so the marker distinguishes them, and the dashes those with one marker.
_MARKERS = "DvPX*<>hdp8"
_DASHES: tuple[Dashes, ...] = (
    (0, (6, 2, 1, 2)),
    (0, (6, 2, 1, 2, 1, 2)),
    (0, (8, 3)),
    (0, (3, 2)),
    (0, (5, 1)),
    (0, (2, 3)),
    (0, (1, 2)),
    (0, (9, 2, 2, 2)),
    (0, (4, 4)),
    (0, (7, 1, 1, 1)),
    (0, (2, 1, 2, 4)),
)
_INK, _GRID = "#333333", "#cccccc"
PROPERTIES = {
    _INK: "currentColor",
    _GRID: "var(--chart-grid, #80808040)",
    _PEER_COLOUR: f"var(--chart-peer, {_PEER_COLOUR})",
    **{colour: f"var(--chart-{name}, {colour})" for name, (colour, _) in RUNTIMES.items()},
}

LOOK: dict[Any, Any] = {  # for `matplotlib.rc_context`, which types the keys as a closed set
    "svg.fonttype": "none",
    "svg.hashsalt": "hubbub",  # the same results give the same bytes
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def styles_of(servers: list[str]) -> dict[str, Style]:
    """Return the style of each server: by runtime and hub, or the next free style of a peer."""
    styles = {}
    peers = 0
    for server in servers:
        runtime, _, hub = server.partition("-")
        if runtime in RUNTIMES and hub in _HUBS:
            styles[server] = Style(*RUNTIMES[runtime], _HUBS[hub])
        else:
            turn, place = divmod(peers, len(_MARKERS))  # each turn pairs them otherwise
            dashes = _DASHES[(place + turn) % len(_DASHES)]
            styles[server] = Style(_PEER_COLOUR, _MARKERS[place], dashes)
            peers += 1
    return styles
