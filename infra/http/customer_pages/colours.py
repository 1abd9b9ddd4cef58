"""A dealership's colour on a page, so that everybody can read what is in it and on it (WCAG 2.2).

A text has a contrast of at least 4.5 to what is behind it, a button and a line one of 3. Whatever
colour was chosen, these hold: texts on it are black or white, and where it is too light for texts
and lines on white, it is darkened.
"""

from collections.abc import Iterator

PAPER, INK = "ffffff", "000000"
READABLE = 4.5
"""The least contrast of a text, success criterion 1.4.3; more than that of controls (1.4.11)."""
STEPS = 100
SOFT = "f3f5f7"
"""The grey behind boxes, which texts in the colour stand on too."""


def style(colour: str) -> str:
    """The style sheet that gives a page the colour, six hexadecimal digits."""
    return (
        f":root {{ --strong: #{darkened(colour)}; --fill: #{colour}; --on-fill: #{on(colour)}; }}\n"
    )


def on(colour: str) -> str:
    """Black or white, whichever is read better on the colour: its contrast is 4.58 at least."""
    return max((PAPER, INK), key=lambda one: contrast(one, colour))


def darkened(colour: str) -> str:
    """The colour, as dark as texts in it have to be on white and on light grey."""
    return next(one for one in _darker(colour) if contrast(one, SOFT) >= READABLE)


def contrast(one: str, other: str) -> float:
    """The ratio of the lighter to the darker colour, from 1 to 21."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance, from 0 for black to 1 for white."""
    red, green, blue = (_linear(part / 255) for part in bytes.fromhex(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    # The definition says 0.03928, where sRGB has 0.04045; no step of 1/255 lies between.
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _darker(colour: str) -> Iterator[str]:
    """The colour, darker and darker of the same hue, down to black."""
    parts = bytes.fromhex(colour)
    for left in range(STEPS, -1, -1):
        yield bytes(part * left // STEPS for part in parts).hex()
