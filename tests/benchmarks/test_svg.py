"""A chart as markup for a page."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.chart_styles import LOOK, RUNTIMES
from benchmarks.svg import to_svg


def drawn(name: str = "one", label: str = "what it shows") -> str:
    """Return a small chart."""
    with mpl.rc_context(LOOK):
        figure = Figure()
        figure.subplots().plot([1, 2], [1, 2], color=RUNTIMES["trio"][0])
        return to_svg(figure, name, label)


def test_markup_is_well_formed_and_labelled() -> None:
    """The chart has a text alternative, even with characters that mean something in markup."""
    root = ElementTree.fromstring(drawn(label='less than "1" & more'))

    assert root.get("role") == "img"
    assert root.get("aria-label") == 'less than "1" & more'


def test_chart_does_not_reach_into_the_page() -> None:
    """It brings no style sheet and no font, and its ids begin with its own name."""
    svg = drawn("one")

    assert "<style" not in svg
    assert "font-family" not in svg
    assert all(part.startswith("one-") for part in svg.split(' id="')[1:])


def test_colours_can_be_set_by_the_page() -> None:
    """Each colour is a custom property with a default, and the ink is the page's text colour."""
    svg = drawn()

    assert "currentColor" in svg
    assert "var(--chart-trio, #009e73)" in svg


def test_numbers_in_a_text_are_not_rounded() -> None:
    """Coordinates are rounded to save bytes; a number that a reader sees is not."""
    with mpl.rc_context(LOOK):
        figure = Figure()
        figure.subplots().set_title("0.0039")
        svg = to_svg(figure, "one", "what it shows")

    assert ">0.0039<" in svg
