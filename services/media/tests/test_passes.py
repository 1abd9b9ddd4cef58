"""A pass of a page lets somebody without an account send files by its form (G-51)."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contracts.media.file_v1 import FileRemoved
from infra import upload_passes
from infra.upload_passes import MOST_BYTES, UploadPass
from services.media.adapters.sweeper import Removing
from services.media.aggregates import FILE
from services.media.file import Gone, Stored
from services.media.http import passes
from services.media.tests.caller import Caller, served
from services.media.tests.make import EXE, NOON, PDF, SECOND, image
from services.media.tests.test_forgetting import delivered

OWNER, BACK = "link:J1.customer.1", "/conversations/page/J1.customer.1.s"
DAY = timedelta(hours=24)


def given(api: Caller, organisation: str = "lumen", left: timedelta = SECOND * 60) -> str:
    """The address that a page sends files to."""
    made = UploadPass(
        owner=OWNER,
        organisation_id=organisation,
        back=BACK,
        expires_at=datetime.now(UTC) + left,
    )
    return upload_passes.address(api.running.settings.masters, made).removeprefix("/media")


async def sends(
    api: Caller, data: bytes, address: str | None = None, key: str = "k-1", **more: str
) -> httpx.Response:
    """Send the form with a file whose name and type say nothing true."""
    part = {"file": ("Claire Moreau.txt", data, "text/plain")}
    return await api.client.post(address or given(api), data={"key": key, **more}, files=part)


def told(answer: httpx.Response) -> dict[str, str]:
    """The parameters by which the page learns of it."""
    assert answer.status_code == 303, answer.text
    where = urlsplit(answer.headers["location"])
    assert where.path == BACK
    return {name: values[0] for name, values in parse_qs(where.query).items()}


@pytest.mark.requirement("G-51")
@pytest.mark.parametrize(
    ("data", "media"),
    [(PDF, "application/pdf"), (image(), "image/jpeg"), (image("PNG"), "image/png")],
    ids=["pdf", "jpeg", "png"],
)
async def test_a_photo_or_a_document_is_kept_for_who_holds_the_pass(
    database: str, tmp_path: Path, data: bytes, media: str
) -> None:
    async with served(database, tmp_path) as api:
        file_id = told(await sends(api, data))["files"]
        state = (await api.running.commands.load(FILE, file_id)).state
        assert isinstance(state, Stored)
        upload, stored = state.upload, state.stored
        assert (upload.user_id, upload.organisation_id) == (OWNER, "lumen")
        assert (stored.media_type, stored.size_bytes) == (media, len(data))
        # What a customer calls a file may say who they are.
        assert upload.name == f"file.{media.rpartition('/')[2]}"


async def test_a_form_that_is_sent_again_makes_one_file(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        first, again = told(await sends(api, PDF)), told(await sends(api, PDF))
        assert first == again
        other = told(await sends(api, PDF, key="k-2", files=first["files"]))
        assert len(other["files"].split(",")) == 2
        assert len(await api.rows()) == 2


async def test_a_form_that_is_sent_twice_at_once_makes_one_file(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        answers = await asyncio.gather(*(sends(api, image()) for _ in range(3)))
        [file_id] = {told(one).get("files") for one in answers}
        assert await api.rows() == {file_id}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (EXE, "type"),
        (b"", "none"),
        (PDF + bytes(MOST_BYTES + 1 - len(PDF)), "size"),
        (b"GIF89a" + bytes(64), "type"),
    ],
    ids=["program", "nothing", "one byte more", "another kind of picture"],
)
async def test_what_is_not_taken_is_told_to_the_page_and_not_kept(
    database: str, tmp_path: Path, data: bytes, why: str
) -> None:
    async with served(database, tmp_path) as api:
        assert told(await sends(api, data, f"{given(api)}?lang=fr")) == {"unfit": why, "lang": "fr"}
        assert await api.rows() == set()


async def test_a_file_of_the_most_bytes_is_taken(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        assert "files" in told(await sends(api, PDF + bytes(MOST_BYTES - len(PDF))))


async def test_a_body_of_more_bytes_than_a_form_has_is_refused(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        refused = await sends(api, bytes(passes.MOST_SENT))
        assert (refused.status_code, refused.json()["facts"]["most"]) == (413, passes.MOST_SENT)
        # Only this route takes more than a megabyte.
        headers = {"Content-Type": "application/json"}
        other = await api.client.post("/uploads", content=bytes(2**20 + 1), headers=headers)
        assert (other.status_code, other.json()["facts"]["most"]) == (413, 2**20)


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "UTF-8; charset=undefined"])
async def test_a_form_is_read_in_no_other_letters(
    database: str, tmp_path: Path, charset: str
) -> None:
    async with served(database, tmp_path) as api:
        data = b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n+2AA-\r\n--b--\r\n'
        headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
        refused = await api.client.post(given(api), content=data, headers=headers)
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (400, "header:Content-Type")


async def test_a_page_has_ten_files_at_once(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        nine, ten = (",".join(f"{n:032x}" for n in range(most)) for most in (9, 10))
        assert told(await sends(api, PDF, files=nine))["files"].startswith(nine)
        assert told(await sends(api, PDF, files=ten)) == {"files": ten, "unfit": "full"}


async def test_a_pass_opens_until_its_end_and_none_that_is_made_up(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        late = given(api, left=-SECOND)
        assert told(await sends(api, PDF, late)) == {"unfit": "late"}
        forged = f"{given(api)[: -len('x/files')]}x/files"
        assert (await sends(api, PDF, forged)).status_code == 404
        api.client.headers["Sec-Fetch-Site"] = "cross-site"
        assert (await sends(api, PDF)).status_code == 404
        assert await api.rows() == set()


async def test_nobody_has_more_files_by_passes_than_fifty(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        async with api.running.pool.connection() as connection:
            await connection.execute(
                "insert into media.usage values ('lumen', %s, %s, 1)",
                (OWNER, passes.OF_OWNER.files - 1),
            )
        assert "files" in told(await sends(api, PDF))
        assert told(await sends(api, PDF, key="k-2")) == {"unfit": "full"}


async def test_no_other_organisation_reads_the_file(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file_id = told(await sends(api, PDF))["files"]
        await api.hold(file_id, None, by="thread-W1")
        for org, who, status in (("hiflow", "ada", 404), ("lumen", "lea", 200)):
            answer = await api.ask(
                "GET", f"/files/{file_id}/content", who=who, roles=("logistics",), org=org
            )
            assert answer.status_code == status
        colleague = await api.ask("GET", f"/files/{file_id}", who="omar", org="lumen")
        assert colleague.status_code == 404


async def test_a_file_that_no_message_took_goes_after_a_day_and_one_that_did_stays(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        taken = told(await sends(api, PDF))["files"]
        left = told(await sends(api, PDF, key="k-2"))["files"]
        await api.hold(taken, None, by="thread-W1")
        own = await api.sent()
        await api.swept()
        await api.swept(datetime.now(UTC) + DAY - 10 * SECOND)
        assert await api.rows() == {taken, left, own}
        await api.swept(datetime.now(UTC) + DAY + SECOND)
        assert (await api.rows(), api.kept(left)) == ({taken, own}, [])
        state = (await api.running.commands.load(FILE, left)).state
        assert isinstance(state, Gone)
        assert isinstance(state.why, FileRemoved)
        assert state.why.removed_by == "worker:media.sweeper"


@pytest.mark.requirement("G-50")
async def test_the_bytes_go_of_a_file_that_nothing_relies_on_any_more(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file_id = await api.sent()
        await api.swept()
        removed = FileRemoved(
            file_id=file_id,
            organisation_id="hiflow",
            user_id="ada",
            removed_by="thread-W1",
            removed_at=NOON,
        )
        await api.released(file_id, "thread-W1")
        assert (await api.swept(), len(api.kept(file_id))) == (0, 1)
        async with api.running.pool.connection() as connection, connection.transaction():
            await Removing().handle(connection, [delivered(removed)])
        assert (await api.swept(), api.kept(file_id), await api.rows()) == (1, [], set())
