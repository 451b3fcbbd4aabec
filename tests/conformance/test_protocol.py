"""The rules are what the tables of PROTOCOL.md say."""

import re

import pytest

from conformance.protocol import PROTOCOL, find_rule, read_rules, rules, select_rules


def test_every_row_of_the_page_is_a_rule() -> None:
    """Every row that begins with an id in backticks is a rule."""
    page = PROTOCOL.read_text(encoding="utf-8")

    written = re.findall(r"^\| `(\w+\.[\w-]+)` ", page, re.MULTILINE)

    assert [rule.id for rule in rules()] == written
    assert len(written) > 50


def test_row_with_a_bar_in_it_is_read_whole() -> None:
    """An escaped bar belongs to the sentence."""
    rule = find_rule("names.rename")

    assert "`rename|NEW`" in rule.sentence
    assert rule.sentence.endswith(".")


def test_rule_of_the_process_has_no_door() -> None:
    """A dash in the column of the doors means no door."""
    assert find_rule("start.ready").doors == ()
    assert find_rule("commands.text").doors == ("tcp", "ws")


@pytest.mark.parametrize(
    "row",
    [
        "| `a.b` | MAY | tcp | Some. |",
        "| `a.b` | MUST | udp | Some. |",
        "| `a.b` | MUST | tcp |",
        "| `a.b` | MUST | tcp | Some. |\n| `a.b` | MUST | tcp | Other. |",
    ],
)
def test_row_that_makes_no_sense_is_refused(row: str) -> None:
    """A wrong level, door or row, or the same id twice, is an error."""
    with pytest.raises(ValueError, match=r"a\.b"):
        read_rules(row)


def test_unknown_rule_names_the_nearest() -> None:
    """The error about a misspelt id names the right one."""
    with pytest.raises(ValueError, match=r"did you mean order\.total"):
        find_rule("order.totl")


def test_selection_takes_areas_and_ids() -> None:
    """An area stands for all its rules, in the order of the page."""
    selected = [rule.id for rule in select_rules("order, delivery.one-room")]

    assert selected == ["order.total", "order.speaker", "order.membership", "delivery.one-room"]


def test_selection_of_nothing_known_is_refused() -> None:
    """The error names a word that is neither a rule nor an area."""
    with pytest.raises(ValueError, match="ordre"):
        select_rules("ordre,slow")
