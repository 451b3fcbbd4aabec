"""A matplotlib figure as SVG markup for the inside of an HTML page."""

from __future__ import annotations

import html
import io
import re

from matplotlib.figure import Figure

from benchmarks.chart_styles import PROPERTIES


__all__ = ["to_svg"]


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Return ``figure`` as markup with a text alternative; ``name`` makes its ids unique."""
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
    # matplotlib's own style sheet would apply to the whole page.
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<g id=\"[^\"]*\"", "<g", text)
    text = re.sub(r' id="', f' id="{name}-', text)
    text = re.sub(r'xlink:href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r" font-family: [^;\"]*;", "", text)
    text = re.sub(r"<[^>]*>", lambda tag: re.sub(r"\d+\.\d{3,}", _rounded, tag[0]), text)
    for colour, value in PROPERTIES.items():
        text = text.replace(colour, value)
    return re.sub(r"\s+", " ", text).strip()


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"
