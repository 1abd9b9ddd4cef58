"""The routes of media, over a real store and a local folder."""

from pathlib import Path

import pytest

from services.media.tests.caller import served
from services.media.tests.make import PDF, image


@pytest.mark.requirement("G-08")
@pytest.mark.requirement("HIF-42")
async def test_a_file_goes_up_in_pieces_and_comes_back_whole(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        assert await api.status(file) == ("stored", None)
        answer = await api.ask("GET", f"/files/{file}/content")
        assert answer.content == PDF
        assert answer.headers["Content-Type"] == "application/pdf"
        assert "Attestation%20fiscale.pdf" in answer.headers["Content-Disposition"]


async def test_an_upload_goes_on_where_it_stopped(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.start(PDF, "application/pdf")
        await api.piece(file, 0, PDF[:1000])
        told = await api.ask("HEAD", f"/uploads/{file}")
        assert told.headers["Upload-Offset"] == "1000"
        assert told.headers["Upload-Length"] == str(len(PDF))
        assert (await api.piece(file, 0, PDF[:1000])).json()["offset"] == 1000
        assert (await api.piece(file, 999, b"x")).status_code == 409
        assert (await api.piece(file, 1001, b"x")).status_code == 409
        assert (await api.complete(file)).status_code == 409
        assert (await api.piece(file, 1000, PDF[1000:] + b"x")).status_code == 422
        assert (await api.piece(file, 1000, PDF[1000:])).json()["offset"] == len(PDF)
        assert (await api.complete(file)).json()["status"] == "stored"


@pytest.mark.requirement("HIF-39")
async def test_the_public_copy_tells_nothing_and_the_original_stays_private(
    database: str, tmp_path: Path
) -> None:
    photo = image(where="Rue de Rivoli")
    async with served(database, tmp_path) as api:
        file = await api.sent(photo, "image/jpeg", purpose="photo", visibility="public")
        copy = await api.client.get(f"/public/{file}")
        assert copy.headers["Content-Type"] == "image/jpeg"
        assert b"Rivoli" in photo
        assert b"Rivoli" not in copy.content
        assert (await api.client.get(f"/files/{file}/content")).status_code == 401
        assert (await api.ask("GET", f"/files/{file}/content")).content == photo
