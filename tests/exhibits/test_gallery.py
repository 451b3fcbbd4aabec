"""The suite, against servers that are wrong on purpose: it finds what their headers say.

Here each exhibit is judged by the rules that its header names. ``make gallery`` judges it by all,
and it may break no other.
"""

from __future__ import annotations

import pytest

from hubbub.gallery import find
from implementations.exhibits.catalogue import Exhibit, exhibits


@pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)
def test_suite_finds_what_is_wrong(exhibit: Exhibit) -> None:
    """An exhibit breaks each rule that its header says it breaks."""
    assert find(exhibit).missed == ()
