"""Readers of a case download its media, one by one or all at once."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from infra import file_links
from services.interventions.tests.serving import Caller, served


async def placed(caller: Caller, path: str) -> None:
    for name, more in (("m2", {"ordinal": 2}), ("m1", {"ordinal": 1, "private": True})):
        body = {"file_id": "f-photo", **more}
        answer = await caller.says("tablet", "PUT", f"{path}/media/{name}", body)
        assert answer.is_success, answer.text


@pytest.mark.requirement("FLB-067")
async def test_all_media_of_a_case_have_links_and_one_of_an_archive(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made("tablet", author_id="karim")
        await placed(caller, path)
        answer = await caller.says("lea", "GET", f"{path}/media-links")
        masters = caller.running.settings.masters
    found = answer.json()
    expires_at = datetime.fromisoformat(found["expires_at"])
    assert timedelta(minutes=59) < expires_at - datetime.now(UTC) <= timedelta(hours=1)
    one = file_links.address(masters, "f-photo", expires_at)
    assert found["items"] == [{"media_id": "m1", "link": one}, {"media_id": "m2", "link": one}]
    [archive] = found["archives"]
    assert archive == file_links.archive_address(masters, ["f-photo", "f-photo"], expires_at)
    assert parse_qsl(urlsplit(archive).query) == [("file", "f-photo"), ("file", "f-photo")]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.requirement("FLB-067", "G-42")
async def test_the_photos_of_a_case_have_a_contact_sheet(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made("tablet", author_id="karim")
        links = f"{path}/media-links"
        body = {"file_id": "f-video"}
        assert (await caller.says("tablet", "PUT", f"{path}/media/film", body)).is_success
        assert (await caller.says("lea", "GET", links)).json()["contact_sheets"] == []
        await placed(caller, path)
        found = (await caller.says("lea", "GET", links)).json()
        masters = caller.running.settings.masters
    photos, expires_at = ["f-photo", "f-photo"], datetime.fromisoformat(found["expires_at"])
    [sheet] = found["contact_sheets"]
    assert sheet == file_links.contact_sheet_address(masters, photos, expires_at)


@pytest.mark.requirement("FLB-067")
async def test_media_are_for_who_reads_the_case(database: str) -> None:
    async with served(database) as caller:
        path = f"{await caller.made()}/media-links"
        assert (await caller.says("lea", "GET", path)).json()["archives"] == []
        assert (await caller.says("maya", "GET", path)).status_code == 200
        for other in ("sami", "paul"):
            assert (await caller.says(other, "GET", path)).status_code == 404
        assert (await caller.says("lea", "GET", path, org="rival")).status_code == 404
