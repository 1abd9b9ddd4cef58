"""Several files come as one archive, made while it is sent, to who has the link of them all."""

import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from infra import file_links
from services.media.adapters.archives import Entry, archived, name_of
from services.media.tests.caller import Caller, served
from services.media.tests.make import PDF, image


def link(api: Caller, *files: str, seconds: int = 60) -> str:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    masters = api.running.settings.masters
    return file_links.archive_address(masters, files, until).removeprefix("/media")


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {one: archive.read(one) for one in archive.namelist()}


def entry(size: int, taken: list[int], pieces: int = 100) -> Entry:
    async def read() -> AsyncIterator[bytes]:
        for number in range(pieces):
            taken.append(number)
            yield bytes(size)

    async def begun() -> AsyncIterator[bytes]:
        return read()

    return Entry(name="film.mp4", size=size * pieces, pieces=begun)


@pytest.mark.requirement("FLB-067")
async def test_all_files_come_in_one_archive_in_their_order(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        photo = await api.sent(image(), "image/jpeg", name="Pneu avant.jpg")
        paper = await api.sent(PDF, "application/pdf", name="devis é.pdf")
        answer = await api.client.get(link(api, photo, paper))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert opened(answer.content) == {"1-Pneu avant.jpg": image(), "2-devis é.pdf": PDF}


@pytest.mark.requirement("FLB-067", "G-42")
async def test_images_come_as_smaller_copies_and_all_else_as_it_was_sent(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        photo = await api.sent(image(), "image/jpeg", name="p.jpg")
        paper = await api.sent(PDF, "application/pdf", name="p.pdf")
        found = opened((await api.client.get(f"{link(api, photo, paper)}&size=thumbnail")).content)
        copy = (await api.ask("GET", f"/files/{photo}/content?size=thumbnail")).content
    assert found == {"1-p.jpg": copy, "2-p.pdf": PDF}
    assert copy != image()


@pytest.mark.requirement("FLB-067")
async def test_a_link_opens_the_files_it_was_made_for_until_its_end(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        one, other = await api.sent(), await api.sent(image(), "image/jpeg")
        good = link(api, one)
        alone = file_links.address(
            api.running.settings.masters, one, datetime.now(UTC) + timedelta(minutes=1)
        )
        assert (await api.client.get(good)).status_code == 200
        for wrong, status in (
            (f"{good}&file={other}", 404),
            (good.replace(one, other), 404),
            (link(api, one, "f-0"), 404),
            (link(api, one, seconds=-1), 410),
            (f"/archives/{alone.removeprefix('/media/links/')}?file={one}", 422),
        ):
            assert (await api.client.get(wrong)).status_code == status, wrong
        assert (await api.ask("DELETE", f"/files/{one}")).is_success
        assert (await api.client.get(good)).status_code == 404


@pytest.mark.requirement("FLB-067")
async def test_no_more_than_a_piece_is_held_while_it_is_sent() -> None:
    taken: list[int] = []
    size, sent = 100_000, 0
    async for piece in archived([entry(size, taken)]):
        sent += len(piece)
        assert len(piece) < 2 * size
        assert len(taken) * size <= sent + 2 * size
    assert sent > 100 * size


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.jpg", "03-a.jpg"),
        ("../../etc/passwd", "03-.._.._etc_passwd"),
        ("C:\\x\x00y", "03-C__x_y"),
        (f"{'a' * 200}.jpg", f"03-{'a' * 116}.jpg"),
    ],
)
def test_a_name_is_a_path_on_no_system(name: str, written: str) -> None:
    assert name_of(name, 3, 12) == written
