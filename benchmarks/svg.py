"""How charts look, and how a matplotlib figure becomes markup for the inside of an HTML page.

No background, text in the page's font, ink in the page's text colour, and every other colour a
CSS custom property with a default that can be read on white and on black. Colour and marker say
the runtime, the line says the hub, so no colour needs to be seen.

Custom properties: ``--chart-threads --chart-asyncio --chart-trio --chart-peer --chart-grid``.
"""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure


__all__ = ["LOOK", "RUNTIMES", "Style", "styles_of", "to_svg"]

Dashes = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Style:
    """How one server looks in every chart."""

    colour: str
    marker: str
    line: Dashes


# Blue, vermilion and green that stay apart for every kind of colour vision, on white and on black.
RUNTIMES = {"threads": ("#d55e00", "s"), "asyncio": ("#1f83c9", "o"), "trio": ("#009e73", "^")}
_HUBS: dict[str, Dashes] = {
    "mutex": (0, (4, 2)),
    "broadcaster": "-",
    "direct": (0, (1, 1)),
}
_PEER_COLOUR = "#7a7a7a"
_PEERS: tuple[tuple[str, Dashes], ...] = (  # grey, so the marker tells them apart
    ("D", (0, (6, 2, 1, 2))),
    ("v", (0, (6, 2, 1, 2, 1, 2))),
    ("P", (0, (8, 3))),
    ("X", (0, (3, 2))),
    ("*", (0, (5, 1))),
    ("<", (0, (2, 3))),
    (">", (0, (1, 2))),
    ("h", (0, (9, 2, 2, 2))),
    ("d", (0, (4, 4))),
    ("p", (0, (7, 1, 1, 1))),
    ("8", (0, (2, 1, 2, 4))),
)
_INK, _GRID = "#333333", "#cccccc"
_PROPERTIES = {
    _INK: "currentColor",
    _GRID: "var(--chart-grid, #80808040)",
    _PEER_COLOUR: f"var(--chart-peer, {_PEER_COLOUR})",
    **{colour: f"var(--chart-{name}, {colour})" for name, (colour, _) in RUNTIMES.items()},
}

LOOK: dict[Any, Any] = {  # matplotlib types the keys as a closed set of words
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
    """Return a look for each server: its place in the matrix, or the next of the peers' looks."""
    styles = {}
    peers = 0
    for server in servers:
        runtime, _, hub = server.partition("-")
        if runtime in RUNTIMES and hub in _HUBS:
            styles[server] = Style(*RUNTIMES[runtime], _HUBS[hub])
        else:
            styles[server] = Style(_PEER_COLOUR, *_PEERS[peers % len(_PEERS)])
            peers += 1
    return styles


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Draw ``figure`` as markup for the inside of a page; ``name`` keeps its ids its own."""
    buffer = io.StringIO()
    no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    width, height = (72 * inches for inches in figure.get_size_inches())
    text = re.sub(
        r"<svg[^>]*>",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" aria-label="{html.escape(label)}" '
        'stroke-linejoin="round" stroke-linecap="butt">',
        text,
        count=1,
    )
    # matplotlib's own style sheet would reach every element of the page.
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<g id=\"[^\"]*\"", "<g", text)
    text = re.sub(r' id="', f' id="{name}-', text)
    text = re.sub(r'xlink:href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r" font-family: [^;\"]*;", "", text)
    text = re.sub(r"\d+\.\d{3,}", _rounded, text)
    for colour, value in _PROPERTIES.items():
        text = text.replace(colour, value)
    return re.sub(r"\s+", " ", text).strip()


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"
