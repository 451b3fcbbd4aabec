"""What the suite can say about a rule, and how many verdicts become one.

Invariants:
  1. A test passes, fails, or raises ``Unknown``: it ran, but did not exercise its rule. Unknown is
     never a pass.
  2. A rule's verdict is that of its worst test, in the order of ``Verdict``: fail before unknown
     before pass.
  3. Only a SHOULD can be ``declared``, and only if it failed.
  4. ``not reached`` is given afterwards: the test failed, and a prerequisite of it failed too.
"""

from collections.abc import Iterable
from typing import Literal, get_args


__all__ = ["Unknown", "Verdict", "worst"]

Verdict = Literal[
    "fail", "unknown", "not reached", "declared", "pass", "left out", "not applicable"
]


class Unknown(Exception):
    """The test ran but proved nothing; say in one clause why.

    Its neighbour is ``pytest.skip``. Skip when the rule is about something that this server does
    not have. Raise this when the rule applies and was not exercised.
    """


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a rule from those of its tests; without any it is unknown."""
    found = set(verdicts)
    for verdict in get_args(Verdict):
        if verdict in found:
            return verdict  # type: ignore[no-any-return]  # get_args() is not typed
    return "unknown"
