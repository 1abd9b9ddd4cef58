"""The service over a server that speaks S3: the same promises, and nothing in its folder (G-08)."""

import asyncio
from pathlib import Path
from random import randbytes

import pytest

from infra.objects import WINDOW, objects_of
from infra.stack.ports import free_port
from services.media.tests.caller import served
from services.media.tests.conftest import Bucket
from services.media.tests.make import PDF, sha256

pytestmark = pytest.mark.requirement("G-08")
MIB = 1024 * 1024


async def test_a_file_in_pieces_goes_on_after_a_lost_one_and_comes_back(
    database: str, tmp_path: Path, bucket: Bucket
) -> None:
    data = PDF + randbytes(WINDOW + MIB)
    async with served(database, tmp_path, **bucket.settings) as api:
        file = await api.start(data, "application/pdf")
        await api.piece(file, 0, data[:MIB])
        assert (await api.piece(file, 2 * MIB, data[2 * MIB : 3 * MIB])).status_code == 409
    async with served(database, tmp_path, **bucket.settings) as api:
        told = await api.ask("HEAD", f"/uploads/{file}")
        at = int(told.headers["Upload-Offset"])
        assert at == MIB
        while at < len(data):
            at = (await api.piece(file, at, data[at : at + MIB])).json()["offset"]
        assert (await api.complete(file)).json()["status"] == "stored"
        answer = await api.ask("GET", f"/files/{file}/content")
        assert sha256(answer.content) == sha256(data)
        assert len(bucket.kept(file)) == 7
        await api.swept()
        assert (bucket.kept(file), api.kept(file)) == (["original"], [])


async def test_ranges_and_conditions_are_answered_as_from_a_folder(
    database: str, tmp_path: Path, bucket: Bucket
) -> None:
    async with served(database, tmp_path, **bucket.settings) as api:
        content = f"/files/{await api.sent()}/content"
        end = len(PDF)
        for wanted, start in ((f"bytes={end - 1}-", end - 1), ("bytes=-5", end - 5)):
            part = await api.ask("GET", content, headers={"Range": wanted})
            assert (part.status_code, part.content) == (206, PDF[start:])
        beyond = await api.ask("GET", content, headers={"Range": f"bytes={end}-"})
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{end}")
        etag = {"If-None-Match": f'"{sha256(PDF)}"'}
        assert (await api.ask("GET", content, headers=etag)).status_code == 304


async def test_the_same_content_twice_is_two_files(
    database: str, tmp_path: Path, bucket: Bucket
) -> None:
    async with served(database, tmp_path, **bucket.settings) as api:
        first, second = await api.sent(), await api.sent()
        shown = [(await api.ask("GET", f"/files/{each}")).json() for each in (first, second)]
        assert shown[0]["sha256"] == shown[1]["sha256"] == sha256(PDF)
        assert first != second
        await api.ask("DELETE", f"/files/{first}")
        await api.swept()
        assert (bucket.kept(first), bucket.kept(second)) == ([], ["original"])
        assert (await api.ask("GET", f"/files/{second}/content")).content == PDF


async def test_an_object_that_is_lost_is_no_half_answer(
    database: str, tmp_path: Path, bucket: Bucket
) -> None:
    async with served(database, tmp_path, **bucket.settings) as api:
        file = await api.sent()
        await objects_of(api.running.settings).clear(f"files/{file}")
        answer = await api.ask("GET", f"/files/{file}/content")
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:relais:problem:no-such-file"


async def test_while_the_server_is_away_nothing_is_lost_and_it_may_be_tried_again(
    database: str, tmp_path: Path, bucket: Bucket
) -> None:
    nobody = {"s3_endpoint": f"http://127.0.0.1:{free_port()}"}
    async with served(database, tmp_path, **bucket.settings) as api:
        file, kept = await api.start(PDF, "application/pdf"), await api.sent()
    async with served(database, tmp_path, **bucket.settings | nobody) as api:
        answers = await asyncio.gather(
            api.piece(file, 0, PDF), api.ask("GET", f"/files/{kept}/content")
        )
        assert [each.status_code for each in answers] == [503, 503]
        assert all("Retry-After" in each.headers for each in answers)
    async with served(database, tmp_path, **bucket.settings) as api:
        assert (await api.piece(file, 0, PDF)).json()["offset"] == len(PDF)
        assert (await api.complete(file)).json()["status"] == "stored"
        assert (await api.ask("GET", f"/files/{kept}/content")).content == PDF
