"""What a line means by itself."""

from conformance.checker import tag_of, tagged


def test_tag_survives_padding() -> None:
    """A message tells its label and its number, whatever follows them."""
    assert tag_of(tagged("anna", 17, padding_bytes=5)) == ("anna", 17)
    assert tag_of("talker-1-17?") == ("talker-1", 17)
    assert tag_of("good morning") is None
