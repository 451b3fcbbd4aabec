"""The suite, against servers that are wrong on purpose: it finds what their headers say.

Here each exhibit is judged by the rules that its header names. ``make gallery`` judges it by all,
and it may break no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hubbub.gallery import find_all
from implementations.exhibits.catalogue import Exhibit, exhibits


AT_A_TIME = 8  # to start the suite costs as much as to judge one of them


@pytest.mark.parametrize(
    "chosen",
    [exhibits()[start : start + AT_A_TIME] for start in range(0, len(exhibits()), AT_A_TIME)],
    ids=lambda chosen: f"{chosen[0].name} to {chosen[-1].name}",
)
def test_suite_finds_what_is_wrong(chosen: Sequence[Exhibit]) -> None:
    """Each exhibit breaks each rule that its header says it breaks."""
    missed = {found.exhibit.name: found.missed for found in find_all(chosen) if found.missed}

    assert missed == {}
