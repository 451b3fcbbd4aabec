"""Fixtures for tests of the suite."""

from tests.suite.by_hand import stage


__all__ = ["stage"]
