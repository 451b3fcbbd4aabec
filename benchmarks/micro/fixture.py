"""What of pytest-benchmark's ``benchmark`` fixture is used here, with types: it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar


__all__ = ["Benchmark"]

P = ParamSpec("P")
T = TypeVar("T")


class Benchmark(Protocol):
    """The ``benchmark`` fixture. One call of one of its methods a benchmark.

    Attributes:
        group: which table of the report this benchmark is a line of.
    """

    group: str | None

    def __call__(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Measure ``step``, as often in a round as the clock needs; return what it returns."""

    def pedantic(
        self,
        target: Callable[[], T],
        *,
        setup: Callable[[], None] | None = None,
        teardown: Callable[[], None] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
    ) -> T:
        """Measure ``target``, once in a round; ``setup`` and ``teardown`` are not measured."""
