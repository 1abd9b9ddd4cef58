"""How many files and bytes people and organisations may have, and how short a piece may be."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from infra.database import open_pool
from services.media.adapters import tables
from services.media.tests.caller import Caller, announcement, served
from services.media.tests.make import PDF

pytestmark = pytest.mark.requirement("G-08")
SIZE = len(PDF)
FULL = "urn:relais:problem:quota-is-full"


async def announced(api: Caller, *who: str) -> httpx.Response:
    """One more file is announced, by Ada of hiflow unless somebody else is named."""
    subject, organisation = who or ("ada", "hiflow")
    body = announcement(PDF, "application/pdf")
    return await api.ask("POST", "/uploads", body, who=subject, org=organisation)


async def usage(api: Caller) -> dict[tuple[str, str], tuple[int, int]]:
    """The files and bytes that are counted, by organisation and person."""
    async with api.running.pool.connection() as connection:
        cursor = await connection.execute(
            "select organisation_id, user_id, files, bytes from media.usage"
        )
        return {(row[0], row[1]): (row[2], row[3]) for row in await cursor.fetchall()}


class TestQuota:
    @pytest.mark.parametrize(
        ("quota", "sentence"),
        [
            ({"files_of_person": 2}, "a person together are at most 2 files"),
            ({"bytes_of_person": 2 * SIZE}, f"a person together are at most {2 * SIZE:,} bytes"),
            ({"bytes_of_person": 3 * SIZE - 1}, f"are at most {3 * SIZE - 1:,} bytes"),
            ({"files_of_organisation": 2}, "an organisation together are at most 2 files"),
            ({"bytes_of_organisation": 2 * SIZE}, f"at most {2 * SIZE:,} bytes"),
        ],
    )
    async def test_what_fits_is_taken_and_one_more_is_not(
        self, database: str, tmp_path: Path, quota: dict[str, int], sentence: str
    ) -> None:
        async with served(database, tmp_path, **quota) as api:
            assert [(await announced(api)).status_code for _ in range(2)] == [201, 201]
            answer = await announced(api)
            assert (answer.status_code, answer.json()["type"]) == (409, FULL)
            assert sentence in answer.json()["detail"]
            assert len(await api.rows()) == 2

    async def test_a_person_takes_nothing_from_another(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path, files_of_person=1) as api:
            for who in (("ada", "hiflow"), ("bob", "hiflow"), ("ada", "atlas")):
                assert (await announced(api, *who)).status_code == 201
                assert (await announced(api, *who)).status_code == 409

    async def test_an_organisation_counts_all_its_people_and_no_other_organisation(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path, files_of_organisation=2) as api:
            assert (await announced(api, "ada", "hiflow")).status_code == 201
            assert (await announced(api, "bob", "hiflow")).status_code == 201
            answer = await announced(api, "eve", "hiflow")
            assert (answer.status_code, answer.json()["type"]) == (409, FULL)
            assert (await announced(api, "eve", "atlas")).status_code == 201

    async def test_who_announces_much_at_once_gets_no_more(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path, files_of_person=3) as api:
            answers = await asyncio.gather(*(announced(api) for _ in range(9)))
            assert sorted(a.status_code for a in answers) == [201] * 3 + [409] * 6

    async def test_the_same_announcement_again_counts_once(
        self, database: str, tmp_path: Path
    ) -> None:
        body, key = announcement(PDF, "application/pdf"), {"Idempotency-Key": "once"}
        async with served(database, tmp_path, files_of_person=1) as api:
            answers = [await api.ask("POST", "/uploads", body, headers=key) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [201, 201]
            assert await usage(api) == {("hiflow", "ada"): (1, SIZE), ("hiflow", ""): (1, SIZE)}

    async def test_a_file_that_is_gone_makes_room(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path, files_of_person=1) as api:
            file = await api.sent()
            await api.swept()
            assert (await announced(api)).status_code == 409
            assert (await api.ask("DELETE", f"/files/{file}")).is_success
            await api.swept()
            assert await usage(api) == {}
            assert (await announced(api)).status_code == 201

    async def test_what_was_there_before_the_quotas_is_counted(
        self, new_database: Callable[[], str]
    ) -> None:
        pool = await open_pool(new_database(), 2, "test")
        row = "insert into media.file values (%s, %s, %s, %s, now(), true, false, now())"
        async with pool.connection() as connection:
            await connection.execute(tables.TABLES.encode())
            for file in (("a", "hiflow", "ada", 5), ("b", "hiflow", "ada", 7)):
                await connection.execute(row, file)
            await connection.execute(tables.USAGE.encode())
            await connection.execute(row, ("c", "hiflow", "bob", 1))
            cursor = await connection.execute("select * from media.usage order by user_id")
            assert await cursor.fetchall() == [
                ("hiflow", "", 3, 13),
                ("hiflow", "ada", 2, 12),
                ("hiflow", "bob", 1, 1),
            ]
        await pool.close()


class TestPieces:
    LEAST = 1_000

    @pytest.mark.parametrize(("length", "status"), [(LEAST - 1, 422), (LEAST, 200)])
    async def test_a_piece_that_is_not_the_last_one_is_not_too_short(
        self, database: str, tmp_path: Path, length: int, status: int
    ) -> None:
        async with served(database, tmp_path, least_piece_bytes=self.LEAST) as api:
            file = await api.start(PDF, "application/pdf")
            answer = await api.piece(file, 0, PDF[:length])
            assert answer.status_code == status
            assert len(api.kept(file)) == (status == 200)
            if status == 422:
                assert answer.json()["type"] == "urn:relais:problem:piece-too-short"
                assert f"at least {self.LEAST:,} bytes" in answer.json()["detail"]

    async def test_the_last_piece_may_have_a_single_byte(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path, least_piece_bytes=self.LEAST) as api:
            file = await api.start(PDF, "application/pdf")
            assert (await api.piece(file, 0, PDF[:-1])).is_success
            for _ in range(2):
                assert (await api.piece(file, SIZE - 1, PDF[-1:])).is_success
            assert (await api.complete(file)).is_success
