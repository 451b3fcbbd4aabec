"""How this folder's templates are rendered: all text is escaped, and every name must exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["script_data", "source", "templates"]

_FOLDER = Path(__file__).parent


def templates() -> Environment:
    """Return the jinja2 environment that finds the templates of this folder."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["comma"] = lambda number: f"{number:,g}"
    return environment


def source(name: str) -> Markup:
    """Return a style sheet or a script of the report page, to stand in the page as it is."""
    from markupsafe import Markup

    return Markup((_FOLDER / "report_page" / name).read_text("utf-8").strip())


def script_data(value: object) -> Markup:
    """Return ``value`` as JSON that can stand in a ``script`` element: no text of it ends that."""
    from markupsafe import Markup

    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))
