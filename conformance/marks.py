"""The decorators of a rule test: the rule that it is about, and what it needs.

pytest is imported only where it is used, so that the checker and the clients work without it.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from conformance.protocol import find_rule


__all__ = ["Setting", "Test", "rule", "settings", "slow_rule"]

Setting: TypeAlias = str | int | float | Sequence[str]  # a sequence: the flag is repeated

Test = TypeVar("Test", bound=Callable[..., Any])


def rule(rule_id: str) -> Callable[[Test], Test]:
    """Make a function a test of that rule.

    The test runs once for every server. If ``door``, ``connect`` or ``clients`` is among its
    arguments, it runs at each door that PROTOCOL.md names for the rule.

    Args:
        rule_id: such as ``"slow.cut-off"``.

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
    """Leave the test out of quick runs; ``reason`` says what takes so long."""
    import pytest

    return pytest.mark.slow_rule(reason)
