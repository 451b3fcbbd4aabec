"""A server under test: the message about one that does not start."""

from pathlib import Path

from tests.conformance.judging import TEXT_TEST, judge


def test_server_that_does_not_start_fails(tmp_path: Path) -> None:
    """A server that ends before it is ready fails, with its last words."""
    run = judge(tmp_path, TEXT_TEST, "--command=python -c 'raise SystemExit(7)' {tcp}")[0]

    assert run.verdict == "fail"
    assert "ended before it was ready: exit code 7" in run.message
