"""The commit log: places, the items between them, and what may be dropped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from implementations.core.commit_log import CommitLog
from implementations.core.group import Item
from implementations.core.message import encode


ONE, TWO, THREE = (Item(encode(text)) for text in ("one", "two", "three"))


def test_items_have_places_in_order() -> None:
    """A reader at any place gets the items from that place on."""
    log = CommitLog()
    places = []

    for item in (ONE, TWO, THREE):
        places.append(log.end)
        log.append(item, last_turn=10)

    assert places == [0, 1, 2]
    assert [log.since(place) for place in range(4)] == [
        [ONE, TWO, THREE],
        [TWO, THREE],
        [THREE],
        [],
    ]
    assert len(log) == 3


def test_stretch_between_two_places() -> None:
    """A reader can ask for the items up to a second place, which may be the first one."""
    log = CommitLog()
    for item in (ONE, TWO, THREE):
        log.append(item, last_turn=10)

    assert log.since(0, 2) == [ONE, TWO]
    assert log.since(1, 1) == []


def test_item_is_dropped_when_it_is_due() -> None:
    """An item stays until the turn by which every member has it, and keeps its place."""
    log = CommitLog()
    log.append(ONE, last_turn=2)
    log.append(TWO, last_turn=4)
    log.append(THREE, last_turn=4)

    log.trim(1)
    before = log.since(0)
    log.trim(3)
    between = log.since(1)
    last_turn = log.last_turn
    log.trim(4)

    assert before == [ONE, TWO, THREE]
    assert between == [TWO, THREE]
    assert last_turn == 4
    assert (len(log), log.end, log.since(3)) == (0, 3, [])


@given(st.lists(st.one_of(st.just("append"), st.integers(0, 3)), max_size=30))
def test_log_is_a_window_onto_all_that_was_said(steps: list[str | int]) -> None:
    """A place always means the same item, and no item is dropped too early."""
    log, said, dues, turns = CommitLog(), list[Item](), list[int](), 0
    for step in steps:
        if isinstance(step, int):
            turns += step
            log.trim(turns)
        else:
            said.append(Item(encode(str(len(said)))))
            dues.append(turns + 2)
            log.append(said[-1], dues[-1])

        kept = [item for item, due in zip(said, dues, strict=True) if due > turns]
        assert log.end == len(said)
        assert len(log) == len(kept)
        begin = log.end - len(log)
        for place in range(begin, log.end + 1):
            assert log.since(place) == said[place:]
            assert log.since(begin, place) == said[begin:place]
