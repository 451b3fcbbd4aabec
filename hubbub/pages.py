"""How the pages of this folder's templates are rendered: all alike, and nothing unescaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["templates"]


def templates() -> Environment:
    """Return what finds this folder's templates; a name that a template lacks is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
