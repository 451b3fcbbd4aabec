"""The ``benchmark`` fixture of pytest-benchmark, with types for the parts that are used here."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar


__all__ = ["Benchmark"]

P = ParamSpec("P")
T = TypeVar("T")


class Benchmark(Protocol):
    """The ``benchmark`` fixture. Each benchmark calls one of its methods once.

    Attributes:
        group: the table of the report in which this benchmark is a row.
    """

    group: str | None

    def __call__(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Measure ``step``, several times per round if it is short; return its result."""

    def pedantic(
        self,
        target: Callable[[], T],
        *,
        setup: Callable[[], None] | None = None,
        teardown: Callable[[], None] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
    ) -> T:
        """Measure ``target`` once per round; ``setup`` and ``teardown`` are not measured."""
