"""What a dialect cannot say decides which tests a server can be asked."""

import pytest

from conformance.applicable import NEEDS, TEST_NEEDS, lacking, word_of
from conformance.dialect import RAW, Dialect, read_dialect
from conformance.protocol import rules
from conformance.suite import RULES


def test_table_names_rules_and_tests_that_exist() -> None:
    """No entry of a table is left behind by a rule or a test that has another name now."""
    known = {rule.id for rule in rules()} | {rule.area for rule in rules()}
    source = "".join(path.read_text(encoding="utf-8") for path in RULES.glob("test_*.py"))

    assert NEEDS.keys() - known == set()
    assert [name for name in TEST_NEEDS if f"def {name}(" not in source] == []


@pytest.mark.parametrize(
    ("rule_id", "why"),
    [
        ("order.total", None),
        ("slow.isolation", None),
        ("websocket.close", None),
        ("membership.joined", "its dialect has no 'joined' line"),
        ("names.race", "in a dialect the suite gives the names"),
        ("commands.who", "a dialect has no commands"),
    ],
)
def test_raw_is_asked_what_needs_no_line(rule_id: str, why: str | None) -> None:
    """A raw server is asked about order and frames, and not about names or arrivals."""
    assert lacking(RAW, rule_id, "test_it") == why


def test_line_of_a_dialect_makes_its_rule_applicable() -> None:
    """With a line for arrivals, the rule about arrivals is judged; one test needs a roster too."""
    gopl = read_dialect("gopl")

    assert lacking(gopl, "membership.joined", "test_it") is None
    needs_roster = "test_newcomers_at_one_time_know_of_one_another"
    assert lacking(gopl, "membership.one-step", needs_roster) == "a dialect has no roster"


def test_other_limit_makes_the_rules_about_the_limit_not_applicable() -> None:
    """Those tests say lines of just the usual limit."""
    assert lacking(RAW, "framing.limit", "test_it") is None
    assert lacking(Dialect(max_line=512), "framing.limit", "test_it") == (
        "it has another limit for a line"
    )


def test_each_line_of_the_protocol_has_its_word() -> None:
    """Lines of the room and errors have a word; what a client says has none."""
    assert word_of("* anna joined") == "joined"
    assert word_of("* anna was too slow") == "too-slow"
    assert word_of("* anna is now ben") == "names"
    assert word_of("! not UTF-8") == "error"
    assert word_of("anna: * ben left") is None
