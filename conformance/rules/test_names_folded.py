"""Rules of the area ``names``: names that differ only before they are normalised and folded."""

import pytest

from conformance import ClientFactory, rule


# Case folding takes some characters apart, and normalisation may put them together again. So both
# are needed, and normalisation before and after folding.
FOLDED_ALIKE = [
    ("anna", "\u1d2cnna"),  # a small capital A: it has no small letter before normalisation
    ("\u0390na", "\u03aa\u0301na"),  # a iota with two marks, or a capital with one of them and one
    ("\u03b0na", "\u03ab\u0301na"),
    ("\u1fd3na", "\u03aa\u0301na"),
]


@rule("names.taken")
@pytest.mark.parametrize("the_other_way_round", [False, True])
def test_name_is_normalised_before_and_after_folding(
    clients: ClientFactory, the_other_way_round: bool
) -> None:
    """Two spellings are one name if they are the same after normalisation, folding, and again."""
    anna, ben = clients("anna", "ben")

    for pair in FOLDED_ALIKE:
        held, wanted = reversed(pair) if the_other_way_round else pair
        anna.say("/rename holder", f"/rename {held}")
        ben.wait_for(f"* holder is now {held}")
        ben.say(f"/rename {wanted}", "hello")

        ben.expect(f"! name taken: {wanted}", "ben: hello")
