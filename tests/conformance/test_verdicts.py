"""One verdict from many."""

from conformance.verdicts import worst


def test_worst_test_decides() -> None:
    """A rule fails if any test does, and passes only if all do that apply."""
    assert worst(["pass", "unknown", "fail"]) == "fail"
    assert worst(["pass", "unknown"]) == "unknown"
    assert worst(["pass", "not applicable"]) == "pass"
    assert worst([]) == "unknown"
