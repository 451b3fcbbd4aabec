"""Fixtures for tests of the suite."""

from tests.conformance.by_hand import stage


__all__ = ["stage"]
