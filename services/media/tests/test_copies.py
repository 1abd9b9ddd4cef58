"""Copies of images by size: made once, for whoever may see the file, and gone with it."""

import asyncio
import io
from pathlib import Path

import httpx
import pytest
from PIL import ExifTags, Image

from contracts.media.file_v1 import FileStored
from infra.http.browsers import ACCESS_COOKIE
from infra.objects import objects_of
from infra.tokens import issue
from services.media.adapters import picture_process
from services.media.adapters.copies import SIDES, Copies, Maker, NoCopy, Size
from services.media.adapters.scanner import NoScanner
from services.media.adapters.upload_store import Refusal, UploadStore
from services.media.aggregates import FILE
from services.media.file import Stored
from services.media.tests.caller import KEY, Caller, served
from services.media.tests.make import PDF, image
from services.media.tests.test_forgetting import forgotten


class Counted:
    """Makes copies in a process, and counts them."""

    def __init__(self) -> None:
        self.begun = 0

    async def __call__(self, content: Path, media: str, target: Path, *, side: int) -> bool:
        self.begun += 1
        return await picture_process.cleaned(content, media, target, side=side)


def photo(kind: str = "JPEG") -> bytes:
    """A photo of 1 600 x 1 200 that tells its place and is to be turned a quarter."""
    exif, target = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.ImageDescription] = "secret"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 12.5)
    Image.new("RGB", (1_600, 1_200), "red").save(target, kind, exif=exif)
    return target.getvalue()


def shown(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def copies_of(api: Caller, make: Maker = picture_process.cleaned, wait: float = 40.0) -> Copies:
    pool, objects = api.running.pool, objects_of(api.running.settings)
    uploads = UploadStore(pool, objects, NoScanner())
    return Copies(pool, uploads, make=make, wait_seconds=wait)


async def stored(api: Caller, file: str) -> FileStored:
    state = (await api.running.commands.load(FILE, file)).state
    assert isinstance(state, Stored)
    return state.stored


async def test_a_copy_has_its_size_is_turned_and_tells_nothing(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(photo(), "image/jpeg", visibility="public")
        for size, wide, high in (("thumbnail", 240, 320), ("web", 960, 1_280)):
            assert max(wide, high) == SIDES[Size(size)]
            answer = await api.ask("GET", f"/files/{file}/content?size={size}")
            copy = shown(answer)
            assert (copy.size, copy.format, len(copy.getexif())) == ((wide, high), "JPEG", 0)
            assert b"secret" not in answer.content
            assert answer.headers["Cache-Control"] == "private, no-store"
        assert api.kept(file)[-2:] == ["thumbnail", "web"]
        everybodys = await api.client.get(f"/public/{file}?size=thumbnail")
        assert everybodys.headers["Cache-Control"] == "public, max-age=300"
        assert shown(everybodys).size == (240, 320)


async def test_a_copy_is_sent_as_files_are_and_made_again_when_it_is_lost(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(photo(), "image/jpeg")
        answer = await api.ask("GET", f"/files/{file}/content?size=web")
        known = {"If-None-Match": answer.headers["ETag"]}
        again = await api.ask("GET", f"/files/{file}/content?size=web", headers=known)
        assert again.status_code == 304
        # Not every backup has what can be made again.
        (tmp_path / "objects" / "files" / file / "copies" / "web").unlink()
        anew = await api.ask("GET", f"/files/{file}/content?size=web")
        assert (anew.status_code, anew.content) == (200, answer.content)
        part = await api.ask(
            "GET", f"/files/{file}/content?size=web", headers={"Range": "bytes=0-1"}
        )
        assert (part.status_code, part.content) == (206, answer.content[:2])


async def test_who_may_see_the_file_sees_its_copies_and_nobody_else(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(image("PNG"), "image/png")
        path = f"/files/{file}/content?size=thumbnail"
        assert shown(await api.ask("GET", path, who="lea", roles=("billing",))).size == (20, 40)
        cookie = f"{ACCESS_COOKIE}={issue(KEY, 'ada', 'hiflow', ('driver',))}"
        in_a_page = await api.client.get(path, headers={"Cookie": cookie})
        assert shown(in_a_page).format == "PNG"
        made = await api.ask("POST", f"/files/{file}/links", {"seconds": 60})
        link = made.json()["link"].removeprefix("/media")
        assert (await api.client.get(f"{link}?size=thumbnail")).content == in_a_page.content
        assert (await api.ask("GET", path, who="bob")).status_code == 404
        elsewhere = await api.ask("GET", path, who="lea", roles=("billing",), org="other")
        assert elsewhere.status_code == 404
        assert (await api.client.get(path)).status_code == 401
        assert (await api.client.get(f"/public/{file}?size=thumbnail")).status_code == 404
        unknown = await api.ask("GET", f"/files/{file}/content?size=huge")
        assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "query:size")


async def test_what_is_no_image_has_no_copy(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        paper = await api.sent()
        broken = await api.sent(image(size=(400, 400))[:-200], "image/jpeg")
        for file in (paper, broken):
            answer = await api.ask("GET", f"/files/{file}/content?size=web")
            assert answer.status_code == 422
            assert answer.json()["type"] == "urn:relais:problem:no-copy"
            [error] = answer.json()["errors"]
            assert (error["field"], error["rule"]) == ("query:size", "no_picture")
        assert (await api.ask("GET", f"/files/{paper}/content")).content == PDF


async def test_what_no_copy_can_be_made_of_is_tried_once_for_each_size(
    database: str, tmp_path: Path
) -> None:
    make = Counted()
    async with served(database, tmp_path) as api:
        file = await api.sent(image(size=(400, 400))[:-200], "image/jpeg")
        facts, copies = await stored(api, file), copies_of(api, make)
        for size, begun in ((Size.WEB, 1), (Size.WEB, 1), (Size.THUMBNAIL, 2)):
            with pytest.raises(NoCopy):
                await copies.of(facts, size)
            assert make.begun == begun


async def test_many_who_ask_at_once_are_shown_one_copy(database: str, tmp_path: Path) -> None:
    """Two processes of the API, who do not know of each other."""
    make = Counted()
    async with served(database, tmp_path) as api:
        file = await stored(api, await api.sent(image(), "image/jpeg"))
        processes = [copies_of(api, make), copies_of(api, make)]
        asking = [process.of(file, Size.THUMBNAIL) for process in processes * 2]
        assert len(set(await asyncio.gather(*asking))) == 1
        assert make.begun == 1


async def test_copies_go_with_their_file(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        removed, goes = [await api.sent(image(), "image/jpeg") for _ in range(2)]
        facts = await stored(api, removed)
        for file in (removed, goes):
            await api.ask("GET", f"/files/{file}/content?size=thumbnail")
            assert "thumbnail" in api.kept(file)
        await api.ask("DELETE", f"/files/{removed}")
        gone = await api.ask("GET", f"/files/{removed}/content?size=thumbnail")
        assert gone.status_code == 404
        await forgotten(api)
        await api.swept()
        assert [api.kept(file) for file in (removed, goes)] == [[], []]
        async with api.running.pool.connection() as connection:
            assert (await connection.execute("select from media.copy")).rowcount == 0
        # Whoever began before it was deleted leaves nothing behind.
        with pytest.raises(Refusal):
            await copies_of(api).of(facts, Size.THUMBNAIL)
        assert api.kept(removed) == []


async def test_who_asks_while_others_are_at_the_file_waits_and_not_for_ever(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await stored(api, await api.sent(image(), "image/jpeg"))
        uploads = UploadStore(api.running.pool, objects_of(api.running.settings), NoScanner())
        async with uploads.held(file.file_id):
            with pytest.raises(TimeoutError):
                await copies_of(api, wait=0.05).of(file, Size.THUMBNAIL)
            waiting = asyncio.create_task(copies_of(api).of(file, Size.THUMBNAIL))
            await asyncio.sleep(0.05)
            assert not waiting.done()
        assert (await waiting).size_bytes > 0
