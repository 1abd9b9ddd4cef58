"""Photos come small and side by side on paper, each with its number (G-42)."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from infra import file_links
from services.media.adapters.contact_sheets import COLUMNS, MARGIN, PAGE, ROWS, made, page
from services.media.tests.caller import Caller, served
from services.media.tests.make import PDF, image

RED = (255, 0, 0)


def link(api: Caller, *files: str, seconds: int = 60) -> str:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    masters = api.running.settings.masters
    return file_links.contact_sheet_address(masters, files, until).removeprefix("/media")


def photo(mode: str = "RGB", size: tuple[int, int] = (320, 240), format: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, RED if mode == "RGB" else (0, 0, 0, 0)).save(target, format)
    return target.getvalue()


def pages_of(content: bytes) -> int:
    return content.count(b"/Type /Page\n") + content.count(b"/Type /Page ")


def middle(place: int) -> tuple[int, int]:
    """A point within the picture at a place of a page."""
    width, height = (
        (side - 2 * MARGIN) // n for side, n in zip(PAGE, (COLUMNS, ROWS), strict=True)
    )
    return (
        MARGIN + place % COLUMNS * width + width // 2,
        MARGIN + place // COLUMNS * height + height // 2,
    )


@pytest.mark.requirement("FLB-067", "G-42")
@pytest.mark.parametrize(("photos", "pages"), [(1, 1), (12, 1), (13, 2), (60, 5)])
def test_a_page_has_twelve_photos(photos: int, pages: int) -> None:
    content = made([photo()] * photos)
    assert content.startswith(b"%PDF-")
    assert pages_of(content) == pages
    assert content == made([photo()] * photos)


def test_each_photo_is_at_its_place_and_what_is_none_leaves_it_empty() -> None:
    sheet = page([photo(), None, photo(size=(100, 300))], 1)
    seen = [sheet.getpixel(middle(place)) for place in range(4)]
    red, nothing, tall, none = seen
    assert (nothing, none) == ((255, 255, 255),) * 2
    for one in (red, tall):
        assert isinstance(one, tuple)
        assert (one[0] > 250, one[1] < 10) == (True, True)


def test_what_is_seen_through_is_paper() -> None:
    sheet = page([photo("RGBA", format="PNG")], 1)
    assert sheet.getpixel(middle(0)) == (255, 255, 255)


@pytest.mark.requirement("FLB-067", "G-42")
async def test_a_link_opens_the_sheet_of_the_photos_it_was_made_for_until_its_end(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        one = await api.sent(image(), "image/jpeg", name="pneu.jpg")
        paper = await api.sent(PDF, "application/pdf", name="devis.pdf")
        answer = await api.client.get(link(api, one, paper))
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert pages_of(answer.content) == 1
        until = datetime.now(UTC) + timedelta(minutes=1)
        archive = file_links.archive_address(api.running.settings.masters, [one], until)
        for wrong, status in (
            (f"{link(api, one)}&file={paper}", 404),
            (link(api, "f-0"), 404),
            (link(api, one, seconds=-1), 410),
            (archive.removeprefix("/media").replace("archives", "contact-sheets"), 404),
        ):
            assert (await api.client.get(wrong)).status_code == status, wrong
