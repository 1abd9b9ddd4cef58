"""Texts stay readable in the colour of a dealership and on it."""

from itertools import product

import pytest

from infra.http.customer_pages.colours import PAPER, SOFT, contrast, darkened, on, style

ALL = [bytes(parts).hex() for parts in product(range(0, 256, 17), repeat=3)]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("ffffff", "000000", 21.0), ("777777", "ffffff", 4.48), ("0b4a8f", "0b4a8f", 1.0)],
)
def test_the_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


def test_whatever_the_colour_texts_are_readable() -> None:
    for colour in ALL:
        assert contrast(on(colour), colour) >= 4.5
        assert contrast(darkened(colour), PAPER) >= contrast(darkened(colour), SOFT) >= 4.5


def test_a_colour_that_is_dark_enough_stays_as_it_is() -> None:
    assert style("9c1c2e") == ":root { --strong: #9c1c2e; --fill: #9c1c2e; --on-fill: #ffffff; }\n"


def test_a_light_colour_gets_black_texts_and_darker_lines() -> None:
    assert style("ffdd00") == ":root { --strong: #827000; --fill: #ffdd00; --on-fill: #000000; }\n"
