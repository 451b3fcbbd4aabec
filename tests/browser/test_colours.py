"""The formulas that judge colours, against published values."""

from __future__ import annotations

import pytest

from tests.browser.colours import Lab, contrast, difference, from_hex, lab_difference


# From the test data of Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005).
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
]


@pytest.mark.parametrize(("one", "other", "expected"), PUBLISHED)
def test_difference_is_as_published(one: Lab, other: Lab, expected: float) -> None:
    """CIEDE2000 gives the published values, whichever colour comes first."""
    assert lab_difference(one, other) == pytest.approx(expected, abs=1e-4)
    assert lab_difference(other, one) == pytest.approx(expected, abs=1e-4)


def test_black_and_white_are_the_ends_of_the_scale() -> None:
    """Black on white has the contrast 21; a colour has no difference from itself."""
    black, white, red = map(from_hex, ("#000000", "#ffffff", "#ff0000"))

    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, red) == contrast(red, white) == pytest.approx(3.998, abs=1e-3)
    assert difference(black, white) == pytest.approx(100, abs=0.1)
    assert difference(red, red) == 0
