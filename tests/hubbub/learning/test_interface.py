"""What a check calls, against what an exercise has: each difference is told as the exercise's."""

from __future__ import annotations

from types import ModuleType

import pytest

from hubbub.learning.interface import calls_of, compare, guard, shared_state
from hubbub.learning.promises import Broken


CALLS = calls_of("""
Pump(most)
Pump.add(talker, lines)
Pump.take(credit) -> pairs
async Pump.close()
helper(text) -> text
""")
GOOD = """
class Pump:
    def __init__(self, most): self.most = most
    def add(self, talker, lines): pass
    def take(self, credit): return [("anna", "hi")]
    async def close(self): pass
def helper(text): return text
"""


def loaded(source: str) -> ModuleType:
    """Return a module with this source."""
    module = ModuleType("exercise")
    exec(source, vars(module))
    return module


def test_good_exercise_is_let_through() -> None:
    """What the check can call is never refused, and its results come back unchanged."""
    module = loaded(GOOD)

    compare(module, CALLS, GOOD)
    guard(module, CALLS)

    assert module.Pump(8).take(1) == [("anna", "hi")]
    assert module.helper("x") == "x"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("class Pump", "class Pomp", "no class Pump"),
        ("def add(", "def ad(", "Did you mean ad"),
        ("self, talker, lines", "talker, lines", "`self` is missing"),
        ("self, talker, lines", "self, talker", "Write `def add(self, talker, lines)`"),
        ("self, talker, lines): pass", "self, talker, lines): yield", "it is a generator"),
        ("def add(", "async def add(", "calls it without `await`"),
        ("async def close(self): pass", "def close(self): pass", "a plain `def`"),
        ("self, most): self.most = most", "self): pass", "def __init__(self, most)"),
        ("def helper(", "def helped(", "no function helper"),
        ("self, talker, lines", "self, lines, talker", "in another order"),
        ("def __init__(", "def __int__(", "has no __init__, and has a __int__"),
        ("    def add(", "    @classmethod\n    def add(", "Take @classmethod out"),
        ("    def add(", "    @staticmethod\n    def add(", "Take @staticmethod out"),
        ("    def add(", "    def more():\n        def add(", "outside the class"),
    ],
)
def test_difference_is_told(old: str, new: str, sentence: str) -> None:
    """A name, an argument, an async or a yield too many or too few: each has its sentence."""
    source = GOOD.replace(old, new, 1)

    with pytest.raises(Broken) as broken:
        compare(loaded(source), CALLS, source)

    assert sentence in broken.value.sentence


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ("None", "is a `return` missing?"),
        ("5", "take(3) returned 5; it should return a list of (talker, line)"),
        ("['anna']", "it should return a list of (talker, line)"),
    ],
)
def test_wrong_result_is_told(returned: str, sentence: str) -> None:
    """A result that the check cannot use is told with the call, and with what it should be."""
    module = loaded(GOOD.replace('[("anna", "hi")]', returned))
    guard(module, CALLS)

    with pytest.raises(Broken) as broken:
        module.Pump(8).take(3)

    assert sentence in broken.value.sentence


def test_property_in_the_place_of_a_method_is_told() -> None:
    """A property whose value cannot be called is told; one that returns a function is right."""
    wrong = GOOD.replace("    def take(self, credit):", "    @property\n    def take(self):")
    right = wrong.replace('return [("anna", "hi")]', "return lambda credit: []")
    for source in (wrong, right):
        compare(loaded(source), CALLS, source)
    guard(module := loaded(right), CALLS)
    assert module.Pump(8).take(3) == []
    guard(module := loaded(wrong), CALLS)

    with pytest.raises(Broken) as broken:
        module.Pump(8).take(3)

    assert "Pump.take is a property" in broken.value.sentence


def test_what_a_dict_lacks_is_named() -> None:
    """A dict that lacks a key, or has a text for a number, is told which."""
    calls = calls_of("report(log) -> report")
    times = "p50_ms=1, p99_ms=1, max_ms=None, last_p50_ms=1"
    for returned, sentence in (
        (f"dict(count=1, {times})", "It has no lost."),
        (f"dict(count=1, lost='1', {times})", "lost is '1'."),
    ):
        module = loaded(f"def report(log): return {returned}")
        guard(module, calls)

        with pytest.raises(Broken) as broken:
            module.report([])

        assert sentence in broken.value.sentence


def test_state_of_a_class_is_named() -> None:
    """What all objects of a class share is a cause of much."""
    module = loaded(GOOD.replace("class Pump:", "class Pump:\n    waiting = {}"))

    assert "keeps waiting in the class" in shared_state(module, CALLS)
    assert shared_state(loaded(GOOD), CALLS) == ""


def test_default_that_all_calls_share_is_named() -> None:
    """A default is made once: what is put into it is there in the next call."""
    module = loaded(GOOD.replace("self, most)", "self, most, waiting=[])"))

    assert "The default of waiting in __init__" in shared_state(module, CALLS)
