"""The policy file: declared rules, and servers that take no settings."""

from pathlib import Path

import pytest

from conformance.policy import read_policy
from tests.conformance.judging import CUT_OFF_TEST, TEXT_TEST, judge, pytest_run


def test_declared_should_is_shown_so(tmp_path: Path) -> None:
    """A SHOULD that the policy declares does not fail, and the reason is kept."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[declared]\n"slow.cut-off" = "a ticker drops"\n')

    run = judge(tmp_path, CUT_OFF_TEST, f"--policy={policy}")[0]

    assert (run.verdict, run.message) == ("declared", "a ticker drops")


def test_undeclared_should_fails(tmp_path: Path) -> None:
    """Without a policy a SHOULD fails like a MUST."""
    assert judge(tmp_path, CUT_OFF_TEST)[0].verdict == "fail"


def test_declared_must_is_an_error(tmp_path: Path) -> None:
    """A policy that declares a MUST is refused before any test runs."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[declared]\n"commands.text" = "we mishear"\n')

    finished = pytest_run(tmp_path, TEXT_TEST, f"--policy={policy}")

    assert finished.returncode == 4
    assert "commands.text is a MUST, which cannot be declared away" in finished.stderr


SETTINGS_TEST = """
@rule("limits.full")
@settings(max_clients=1)
def test_full(clients):
    clients("anna")
"""


def test_rule_that_needs_a_setting_is_not_applicable_without_settings(tmp_path: Path) -> None:
    """If a server takes no settings, a rule that needs one is not applicable."""
    policy = tmp_path / "policy.toml"
    policy.write_text('settings = "none"\n')

    run = judge(tmp_path, SETTINGS_TEST, f"--policy={policy}")[0]

    assert run.verdict == "not applicable"
    assert run.message == "it takes no settings, and the test needs max_clients=1"


def test_choice_of_a_server_with_a_dialect_may_be_declared(tmp_path: Path) -> None:
    """Three rules are a MUST here and a choice elsewhere; with a dialect they may be declared."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[declared]\n"framing.binary-close" = "it passes on pictures"\n')

    assert read_policy(policy, foreign=True).declared.keys() == {"framing.binary-close"}
    with pytest.raises(ValueError, match=r"framing\.binary-close is a MUST"):
        read_policy(policy)
