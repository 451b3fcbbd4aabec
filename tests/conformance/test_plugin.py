"""The pytest plugin."""

from pathlib import Path

from tests.conformance.judging import pytest_run


def test_unknown_is_red_under_plain_pytest(tmp_path: Path) -> None:
    """For pytest, a rule that was not exercised is a failure."""
    source = """
@rule("start.ready")
def test_ready(launch):
    raise Unknown("nobody looked")
"""
    assert pytest_run(tmp_path, source).returncode == 1
