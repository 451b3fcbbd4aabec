"""What a runtime's schedules need; without it, tests skip and say so."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from schedules.explore import OLDEST_PYTHON, TOOLS


__all__ = ["needs"]


def needs(runtime: str) -> pytest.MarkDecorator:
    """Return the mark of a test that plays schedules of ``runtime``."""
    tool = TOOLS.get(runtime)
    missing = tool is not None and (sys.version_info < OLDEST_PYTHON or find_spec(tool) is None)
    return pytest.mark.skipif(
        missing, reason=f"needs Python 3.12 or newer with {tool}: make schedules"
    )
