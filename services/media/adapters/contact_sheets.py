"""Contact sheets: photos side by side on paper, each with its number."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

DOTS = 150
"""So many make an inch."""
PAGE = (1_240, 1_754)
"""A4."""
COLUMNS, ROWS = 3, 4
MARGIN, CAPTION = 60, 44
PAPER, INK = "white", "black"


def made(photos: Sequence[bytes | None]) -> bytes:
    """A PDF of the photos in their order, twelve a page; the place of None has its number alone.

    The same photos make the same bytes. They are copies of ours, so they can be read.
    """
    a_page = COLUMNS * ROWS
    pages = [
        page(photos[first : first + a_page], first + 1) for first in range(0, len(photos), a_page)
    ]
    target = io.BytesIO()
    # The times of a PDF are now, unless they are left out.
    pages[0].save(
        target,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=DOTS,
        creationDate=None,
        modDate=None,
    )
    return target.getvalue()


def page(photos: Sequence[bytes | None], first: int) -> Image.Image:
    """A page of photos; the first one has that number."""
    sheet = Image.new("RGB", PAGE, PAPER)
    drawing, font = ImageDraw.Draw(sheet), ImageFont.load_default(26)
    width = (PAGE[0] - 2 * MARGIN) // COLUMNS
    height = (PAGE[1] - 2 * MARGIN) // ROWS
    for place, photo in enumerate(photos):
        left = MARGIN + place % COLUMNS * width
        top = MARGIN + place // COLUMNS * height
        if photo is not None:
            small = fitting(photo, width - 20, height - CAPTION - 20)
            beside = (width - small.width) // 2
            sheet.paste(small, (left + beside, top + height - CAPTION - 10 - small.height))
        middle = (left + width // 2, top + height - CAPTION + 14)
        drawing.text(middle, str(first + place), INK, font, anchor="mm")
    return sheet


def fitting(photo: bytes, width: int, height: int) -> Image.Image:
    """The photo as large as it fits; what is seen through of it is paper."""
    with Image.open(io.BytesIO(photo)) as opened:
        seen = opened.convert("RGBA")
    seen.thumbnail((width, height))
    opaque = Image.new("RGB", seen.size, PAPER)
    opaque.paste(seen, mask=seen)
    return opaque
