"""The fixture that runs a test once with each load generator."""

from tests.benchmarks.generator.programs import command


__all__ = ["command"]
