"""Where the conformance suite is: beside this package, whatever folder a command is given in."""

from __future__ import annotations

import sys
from pathlib import Path


__all__ = ["ROOT", "prefer_own_suite"]

ROOT = Path(__file__).resolve().parents[1]


def prefer_own_suite() -> None:
    """Make ``tests.conformance`` the suite beside this package, not the caller's own tests."""
    if str(ROOT) not in sys.path[:1]:
        sys.path.insert(0, str(ROOT))
