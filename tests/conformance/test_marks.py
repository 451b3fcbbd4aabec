"""The decorators of a rule test."""

from pathlib import Path

from tests.conformance.judging import pytest_run


def test_test_of_an_unknown_rule_is_an_error(tmp_path: Path) -> None:
    """A test cannot have a rule id that PROTOCOL.md does not have."""
    finished = pytest_run(tmp_path, '@rule("commands.txt")\ndef test_it(clients): ...\n')

    assert finished.returncode == 2
    assert "did you mean commands.text?" in finished.stdout
