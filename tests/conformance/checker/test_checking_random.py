"""The history checker finds any fault that is planted in a random room."""

from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.checker import History, check
from tests.conformance.rooms import Room, doubled, reworded, swapped, without
from tests.conformance.talk import RANDOMLY, plain_rooms


@RANDOMLY
@given(plain_rooms(), st.sampled_from(["anna", "ben"]), st.data())
def test_random_fault_is_found(room: Room, label: str, data: st.DataObject) -> None:
    """Whatever line is lost, doubled, swapped, altered or forged, its rule is named."""
    history = room.history()
    received = next(s.received for s in history.sessions if s.label == label)
    # From the first line that both talkers got to the last before their fences.
    first = 3 if label == "anna" else 2
    last = list(received).index("anna:1: anna-fence") - 1
    assume(first <= last)
    place = data.draw(st.integers(first, last))
    faults = _faults(history, label, received[place], received[place + 1])
    fault = data.draw(st.sampled_from(sorted(faults)))

    faulty, rules = faults[fault]

    violations = check(faulty).violations
    assert rules & {violation.rule_id for violation in violations}
    assert all(check(found.witness).breaking(found.rule_id) for found in violations)


def _faults(
    history: History, label: str, line: str, following: str
) -> dict[str, tuple[History, set[str]]]:
    """Return the faults that a line can have, each with rules of which one must be named."""
    told = {"joined": "membership.joined", "left": "membership.left-once"}
    rule_id = told.get(line.split()[-1], "delivery.exactly-once")
    left_before_joined = following == line.replace(" joined", " left")
    faults = {
        # Right after its own join, a client that lacks a line has a hole at the join.
        "loss": (without(history, label, line), {rule_id, "membership.one-step"}),
        "duplicate": (doubled(history, label, line), {rule_id}),
        "swap": (
            swapped(history, label, line, following),
            {"membership.churn" if left_before_joined else "order.total"},
        ),
    }
    if not line.startswith("* "):
        author, _, text = line.partition(": ")
        other = "ben:1" if author == "anna:1" else "anna:1"
        faults["alteration"] = reworded(history, label, line, f"{line}?"), {"delivery.unaltered"}
        faults["forgery"] = (
            reworded(history, label, line, f"{other}: {text}"),
            {"commands.forge"},
        )
    return faults
