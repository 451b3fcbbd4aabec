"""How every server and every chart looks: colours, markers, dashes, fonts.

A server has the same colour, marker and dashes in every chart of every report. For our servers
colour and marker show the runtime, and the dashes show the hub. For a peer the colour shows the
language or the kind of library, and marker and dashes show which one it is. So a chart can be read
without seeing colours. A server that this file does not know, such as your own, gets a look that
its name decides.

A chart has no background. Its text has the page's font and colour, and every other colour is a CSS
custom property with a default that is readable on white and on black.

Custom properties: ``--chart-grid``, and ``--chart-NAME`` for each name in `FAMILIES`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


__all__ = [
    "BROKE",
    "FAMILIES",
    "LIMIT",
    "LOOK",
    "PROPERTIES",
    "RUNTIMES",
    "WIDTH_IN",
    "Style",
    "family",
    "styles_of",
]

WIDTH_IN = 7.2
BROKE = "\N{MULTIPLICATION SIGN}"  # marks a server that did not keep up
Dashes = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Style:
    """How one server looks in every chart."""

    colour: str
    marker: str
    line: Dashes


# Blue, vermilion, green, purple, red, ochre, indigo and grey: each at least 3 to 1 on white and on
# black. Colours that a kind of colour vision may confuse never share a marker.
FAMILIES = {
    "threads": "#d55e00",
    "asyncio": "#1f83c9",
    "trio": "#009e73",
    "python": "#b8509a",  # peers in Python: on websockets, and on ASGI
    "python-loop": "#c0504d",  # peers in Python with an event loop or a protocol of their own
    "javascript": "#a87a00",
    "go": "#7a6fd0",
    "native": "#7a7a7a",  # C and C++
    "other": "#8a6d5a",
}
RUNTIMES = {
    "threads": (FAMILIES["threads"], "s"),
    "asyncio": (FAMILIES["asyncio"], "o"),
    "trio": (FAMILIES["trio"], "^"),
}
_HUBS: dict[str, Dashes] = {
    "mutex": (0, (4, 2)),
    "broadcaster": "-",
    "direct": (0, (1, 1)),
}
_LONG: Dashes = (0, (8, 3))
_SHORT: Dashes = (0, (3, 2))
_DASH_DOT: Dashes = (0, (6, 2, 1, 2))
_DASH_DOTS: Dashes = (0, (6, 2, 1, 2, 1, 2))
# By the word of a server's id that names it: family, marker, dashes. The first match counts.
_PEERS: dict[str, tuple[str, str, Dashes]] = {
    "c-floor": ("native", "D", _DASH_DOT),
    "websockets-broadcast+uvloop": ("python", "*", _DASH_DOTS),
    "websockets-broadcast": ("python", "*", (0, (5, 1))),
    "websockets-queue": ("python", "*", _SHORT),
    "websockets-naive": ("python", "*", _DASH_DOT),
    "asyncio-mutex+uvloop": ("asyncio", "h", _HUBS["mutex"]),
    "asyncio-broadcaster+uvloop": ("asyncio", "h", _HUBS["broadcaster"]),
    "asyncio-direct+uvloop": ("asyncio", "h", _HUBS["direct"]),
    "trio-websocket": ("python-loop", "2", "-"),
    "socketify": ("native", "X", "-"),
    "gorilla": ("go", "v", _DASH_DOTS),
    "nhooyr": ("go", "v", "-"),
    "coder": ("go", "v", "-"),
    "xnet": ("go", "v", _SHORT),
    "bun": ("javascript", "P", "-"),
    "deno": ("javascript", "P", _SHORT),
    "node": ("javascript", "P", _LONG),
    "picows": ("python", "X", _SHORT),
    "fastapi": ("python", "p", "-"),
    "starlette": ("python", "p", _SHORT),
    "aiohttp": ("python-loop", "h", "-"),
    "tornado": ("python-loop", "<", "-"),
    "sanic": ("python", ">", "-"),
    "channels": ("python", "8", "-"),
    "quart": ("python", "H", _SHORT),
    "gevent": ("python-loop", "d", "-"),
    "socketio": ("python-loop", "X", "-"),
}
_OTHER_MARKERS = ("1", "3", "4", "+", "|", "_", "d", "D")
_OTHER_DASHES: tuple[Dashes, ...] = ("-", _LONG, _SHORT, _DASH_DOT, _DASH_DOTS)
_INK, _GRID = "#333333", "#cccccc"
LIMIT = _INK  # the lines of physical limits
PROPERTIES = {
    _INK: "currentColor",
    _GRID: "var(--chart-grid, #80808040)",
    **{colour: f"var(--chart-{name}, {colour})" for name, colour in FAMILIES.items()},
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


def styles_of(servers: Iterable[str]) -> dict[str, Style]:
    """Return the style of each server. A server that is known here always has the same one."""
    styles: dict[str, Style] = {}
    unknown = []
    for server in servers:
        runtime, _, hub = server.partition("-")
        peer = _peer(server)
        if runtime in RUNTIMES and hub in _HUBS:
            styles[server] = Style(*RUNTIMES[runtime], _HUBS[hub])
        elif peer:
            styles[server] = Style(FAMILIES[peer[0]], *peer[1:])
        else:
            styles[server] = Style("", "", "-")  # keeps the place in the order
            unknown.append(server)
    for server in sorted(unknown):
        styles[server] = _other(server, taken=set(styles.values()))
    return styles


def family(server: str) -> str:
    """Return the runtime of one of our servers, also on uvloop, and ``peers`` for any other."""
    runtime, _, hub = server.removesuffix("+uvloop").partition("-")
    return runtime if runtime in RUNTIMES and hub in _HUBS else "peers"


def _peer(server: str) -> tuple[str, str, Dashes] | None:
    """Return the look of a known peer: by its whole id, or by a word of it."""
    words = re.split(r"[-_+. ]", server)
    return next((look for name, look in _PEERS.items() if name == server or name in words), None)


def _other(server: str, taken: set[Style]) -> Style:
    """Return the look that a name decides; the next free one if another server has it."""
    looks = [
        Style(FAMILIES["other"], marker, dashes)
        for dashes in _OTHER_DASHES
        for marker in _OTHER_MARKERS
    ]
    first = zlib.crc32(server.encode()) % len(looks)
    return next((look for look in looks[first:] + looks[:first] if look not in taken), looks[first])
