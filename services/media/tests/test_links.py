"""A link opens one file until it expires, and nothing but what we made is a link."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra import file_links
from infra.vault import Vault
from services.media.adapters import links
from services.media.adapters.links import LinkExpired
from services.media.tests.caller import Caller, served
from services.media.tests.make import NOON, PDF, SECOND, image

MASTERS = {"new": bytes(32), "old": bytes(range(32))}


def vault(api: Caller) -> Vault:
    return Vault(api.running.pool, api.running.settings.masters)


async def test_a_link_opens_before_its_end_and_not_at_it(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        keys = vault(api)
        token = await links.make(keys, "f-1", NOON)
        assert await links.opened(keys, MASTERS, token, NOON - SECOND) == "f-1"
        for late in (NOON, NOON + SECOND):
            with pytest.raises(LinkExpired):
                await links.opened(keys, MASTERS, token, late)


async def test_anybody_with_a_link_gets_the_file(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        made = await api.ask("POST", f"/files/{file}/links", {"seconds": 60})
        assert made.status_code == 201
        end = datetime.fromisoformat(made.json()["expires_at"])
        assert end <= datetime.now(UTC) + timedelta(seconds=60)
        path = made.json()["link"].removeprefix("/media")
        assert (await api.client.get(path)).content == PDF
        part = await api.client.get(path, headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"%PDF")


@pytest.mark.parametrize(
    ("seconds", "status"), [(59, 422), (60, 201), (604_800, 201), (604_801, 422)]
)
async def test_a_link_is_for_a_minute_to_a_week(
    database: str, tmp_path: Path, seconds: int, status: int
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        made = await api.ask("POST", f"/files/{file}/links", {"seconds": seconds})
        assert made.status_code == status


async def test_an_expired_link_says_so(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        token = await links.make(vault(api), file, datetime.now(UTC) - SECOND)
        answer = await api.client.get(f"/links/{token}")
        assert answer.status_code == 410
        assert answer.json()["type"] == "urn:relais:problem:link-expired"


async def test_a_forged_link_opens_nothing(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file, other = await api.sent(), await api.sent()
        end = datetime.now(UTC) + timedelta(minutes=1)
        good = await links.make(vault(api), file, end)
        _, expires, signature = good.split(".")
        forged = [
            f"{other}.{expires}.{signature}",
            f"{file}.{int(expires) + 1}.{signature}",
            f"{file}.{expires}.{signature[:-1]}",
            f"{file}.{expires}.",
            f"{file}.{expires}",
            file,
            ".",
            "...",
        ]
        assert (await api.client.get(f"/links/{good}")).status_code == 200
        for token in forged:
            assert (token, (await api.client.get(f"/links/{token}")).status_code) == (token, 404)


async def test_a_link_ends_with_its_file(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        made = (await api.ask("POST", f"/files/{file}/links", {})).json()
        await api.ask("DELETE", f"/files/{file}")
        answer = await api.client.get(made["link"].removeprefix("/media"))
        assert answer.status_code == 404
        assert (await api.ask("POST", f"/files/{file}/links", {})).status_code == 404


async def test_links_to_several_files_come_in_one_answer(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        files = [await api.sent(), await api.sent(image(), "image/jpeg")]
        made = await api.ask("POST", "/files/links", {"file_ids": files, "seconds": 60})
        assert made.status_code == 201
        assert made.headers["Cache-Control"] == "no-store"
        items = made.json()["items"]
        assert [item["file_id"] for item in items] == files
        opened = [await api.client.get(item["link"].removeprefix("/media")) for item in items]
        assert [answer.content for answer in opened] == [PDF, image()]
        for unknown in ([*files, "f-0"], [*files, await api.start(PDF, "application/pdf")]):
            none = await api.ask("POST", "/files/links", {"file_ids": unknown})
            assert none.status_code == 404
        assert (
            await api.ask("POST", "/files/links", {"file_ids": files}, who="bob")
        ).status_code == 404


async def test_links_are_for_one_to_fifty_files(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        for number, status in ((0, 422), (1, 201), (50, 201), (51, 422)):
            made = await api.ask("POST", "/files/links", {"file_ids": [file] * number})
            assert made.status_code == status, number


async def test_a_page_of_another_service_makes_links_without_asking(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        masters = api.running.settings.masters
        there = file_links.address(masters, file, datetime.now(UTC) + 60 * SECOND)
        part = await api.client.get(there.removeprefix("/media"), headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"%PDF")
        over = file_links.address(masters, file, datetime.now(UTC) - SECOND)
        assert (await api.client.get(over.removeprefix("/media"))).status_code == 410
        strange = file_links.address({"x": bytes(32)}, file, datetime.now(UTC) + 60 * SECOND)
        assert (await api.client.get(strange.removeprefix("/media"))).status_code == 404


async def test_a_link_of_a_page_outlives_the_change_of_the_master_key(
    database: str, tmp_path: Path
) -> None:
    former = {"old": MASTERS["old"]}
    token = file_links.address(former, "f-1", NOON).removeprefix("/media/links/")
    async with served(database, tmp_path) as api:
        assert await links.opened(vault(api), MASTERS, token, NOON - SECOND) == "f-1"
        with pytest.raises(LinkExpired):
            await links.opened(vault(api), MASTERS, token, NOON)
        other = token.replace("f-1", "f-2")
        assert await links.opened(vault(api), MASTERS, other, NOON - SECOND) is None
