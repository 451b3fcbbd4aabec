"""The decorators of a rule test: which rule it is about, and what it needs.

pytest is imported where it is used: the checker and the clients serve without it too.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from conformance.protocol import find_rule


__all__ = ["Setting", "Test", "rule", "settings", "slow_rule"]

Setting: TypeAlias = str | int | float | Sequence[str]  # a sequence: the flag is repeated

Test = TypeVar("Test", bound=Callable[..., Any])


def rule(rule_id: str) -> Callable[[Test], Test]:
    """Make a function a test of that rule.

    It runs once for every server. With a ``door`` or ``clients`` argument it
    runs at each door that PROTOCOL.md names for the rule.

    Raises:
        ValueError: PROTOCOL.md has no such rule.
    """
    import pytest

    return pytest.mark.rule(find_rule(rule_id))


def settings(**values: Setting) -> Callable[[Test], Test]:
    """Start the test's ``server`` with these settings: ``@settings(idle_timeout=5 * TICK)``."""
    import pytest

    return pytest.mark.settings(**values)


def slow_rule(reason: str) -> Callable[[Test], Test]:
    """Leave the test out of quick runs; ``reason`` says what takes long."""
    import pytest

    return pytest.mark.slow_rule(reason)
