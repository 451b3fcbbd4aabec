"""Makes sure that the benchmarks measure the code of their own tree.

With wrong paths, an editable install of another tree would be imported, and every comparison of
two trees would show that they are equally fast.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import implementations


TREE = Path(__file__).resolve().parents[2]


def pytest_configure() -> None:
    """Refuse to measure the code of another tree."""
    measured = Path(implementations.__file__ or "").resolve()
    if not measured.is_relative_to(TREE):
        raise pytest.UsageError(f"the benchmarks of {TREE} would measure {measured.parent}")
