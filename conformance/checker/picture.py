"""Draws steps as SVG: time runs down, the room stands on the left, messages are arrows.

Each step has a row of its own, so that no arrow crosses a word. It is written as strings, because
no drawing library offers this diagram.
"""

import textwrap
from collections.abc import Iterable, Sequence
from html import escape

from conformance.checker.findings import shortened
from conformance.checker.steps import Step


__all__ = ["picture"]

_LANE_PX = 168
_ROW_PX = 34
_ROOM_X_PX = 46
_FIRST_LANE_X_PX = 164  # room for two headings beside each other
_LINE_PX = 20  # of the heading
_LETTER_PX = 7.4  # of the words beside an arrow, on average
_BOLD_LETTER_PX = 8.8  # of the heading
_NARROWEST_PX = 620
_DOT_PX = 4.5
_LEGEND = "Time runs down. A dot is a sender, an arrowhead a receiver."
_LEGEND_MISSING = " Dashed: missing."

_STYLE = """
.history { --i: var(--ink, #1b1f24); --b: var(--bad, #c92a2a);
  font: 14px/1.4 system-ui, sans-serif; color: var(--i); }
.history text { fill: var(--i); }
.history .sentence { font-size: 15px; font-weight: 600; }
.history .rule { font: 12px ui-monospace, monospace; opacity: .75; }
.history .lane { stroke: var(--i); opacity: .3; }
.history .room { stroke: var(--i); stroke-width: 5; opacity: .3; stroke-linecap: round; }
.history .step { opacity: .62; stroke: var(--i); fill: var(--i); }
.history .step line { stroke-width: 1.2; }
.history .step text, .history .wrong text, .history .missing text { stroke: none; }
.history .wrong, .history .missing { stroke: var(--b); fill: var(--b); stroke-width: 2.6; }
.history .wrong text, .history .missing text { fill: var(--b); font-weight: 700; }
.history .missing line { stroke-dasharray: 6 5; }
@media (prefers-color-scheme: dark) {
  .history { --i: var(--ink, #e6e8ec); --b: var(--bad, #ff8787); }
}
"""


def picture(rule_id: str, sentence: str, labels: Sequence[str], found: Sequence[Step]) -> str:
    """Return an SVG document of steps, headed by a sentence."""
    width = max(_NARROWEST_PX, _FIRST_LANE_X_PX + _LANE_PX * len(labels))
    heading = textwrap.wrap(sentence, int(width / _BOLD_LETTER_PX))
    top = 34 + _LINE_PX * len(heading)
    lanes_from = top + 34
    ends_at = lanes_from + _ROW_PX * (len(found) + 1)
    height = ends_at + 24
    legend = _LEGEND + _LEGEND_MISSING * any(step.act == "misses" for step in found)
    body = [
        _text(12, 22, rule_id, "rule"),
        *(_text(12, 44 + _LINE_PX * n, line, "sentence") for n, line in enumerate(heading)),
        *_lanes(["the room", *labels], top + 20, lanes_from, ends_at - 8),
        *(_step(step, lanes_from + _ROW_PX * (row + 1)) for row, step in enumerate(found)),
        _text(12, ends_at + 12, legend, "rule"),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="history" role="img" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f"<title>{escape(sentence)}</title>",
            f"<style>{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _lanes(labels: Iterable[str], label_y: int, start: int, stop: int) -> list[str]:
    drawn = []
    for lane, label in enumerate(labels, -1):
        x = _x(lane)
        kind = "room" if lane < 0 else "lane"
        drawn.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{start}" y2="{stop}"/>')
        drawn.append(_text(x, label_y, _fitting(label), anchor="middle"))
    return drawn


def _step(step: Step, y: int) -> str:
    """Return one row: an arrow between the room and a client, and words beside it."""
    kind = "missing" if step.act == "misses" else "wrong" if step.blamed else "step"
    x, room = _x(step.lane), _x(-1)
    words = {"misses": f"no {step.words}", "gets": step.words}.get(
        step.act, f"{step.act} {step.words}"
    )
    to_client = step.act in ("gets", "misses")
    start, stop = (room, x) if to_client else (x, room)
    parts = [
        f'<line x1="{start}" y1="{y}" x2="{stop - _head(start, stop)}" y2="{y}"/>',
        _cross(x, y) if step.act == "misses" else _arrow_head(start, stop, y),
        "" if to_client else f'<circle cx="{x}" cy="{y}" r="{_DOT_PX}"/>',
        _text(x + 10, y + 5, _fitting(words.strip())),
    ]
    return f'<g class="{kind}">{"".join(parts)}</g>'


def _x(lane: int) -> int:
    return _ROOM_X_PX if lane < 0 else _FIRST_LANE_X_PX + _LANE_PX * lane


def _head(start: int, stop: int) -> int:
    """Return how far before its end a line stops, so that its arrowhead fits."""
    return 8 if stop > start else -8


def _arrow_head(start: int, stop: int, y: int) -> str:
    back = stop - _head(start, stop)
    return f'<path stroke="none" d="M{stop} {y} L{back} {y - 5} L{back} {y + 5} Z"/>'


def _cross(x: int, y: int) -> str:
    return f'<path fill="none" d="M{x - 6} {y - 6} l12 12 m-12 0 l12 -12"/>'


def _fitting(words: str) -> str:
    return shortened(words, int((_LANE_PX - 16) / _LETTER_PX))


def _text(x: int, y: int, words: str, kind: str = "", *, anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{named}>{escape(words)}</text>'
