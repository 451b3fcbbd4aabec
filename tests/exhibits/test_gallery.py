"""The suite, against servers that are wrong on purpose: it finds what their headers say.

By itself each exhibit is judged by the rules that its header names. With ``--whole``, which is
``make gallery``, it is judged by all, and may break no other.
"""

from __future__ import annotations

import pytest

from hubbub.conform import judge
from implementations.exhibits.catalogue import Exhibit, exhibits


EVERY_EXHIBIT = pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)


@EVERY_EXHIBIT
def test_suite_finds_what_is_wrong(exhibit: Exhibit, whole: bool) -> None:
    """An exhibit breaks each rule that its header says it breaks, and keeps all others."""
    header = exhibit.header
    rules = "" if whole else ",".join(header.breaks)
    results = judge([exhibit.id], quick=True, rules=rules, workers=2)
    broken = {rule.id for rule, _, _ in results.with_verdict("fail")}

    assert set(header.breaks) <= broken, "the suite did not find what is wrong"
    assert broken <= {*header.breaks, *header.may_break}, "it breaks what its header does not name"
