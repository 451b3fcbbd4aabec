"""How many verdicts become one."""

from conformance.verdicts import worst


def test_worst_test_decides() -> None:
    """A rule fails if any test fails, and passes only if all tests that apply pass."""
    assert worst(["pass", "unknown", "fail"]) == "fail"
    assert worst(["pass", "unknown"]) == "unknown"
    assert worst(["pass", "not applicable"]) == "pass"
    assert worst([]) == "unknown"
