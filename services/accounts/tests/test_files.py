"""A photo or a signed agreement is a file of the caller's own, sent for that."""

from typing import Any

import httpx
import pytest

from contracts.media.file_v1 import FileRemoved, Purpose
from infra.testing.following import NOON, file, follow
from services.accounts.tests.serving import Caller, served, today

REMOVED = FileRemoved(
    file_id="f-1",
    organisation_id="hiflow",
    user_id="ada",
    removed_by="ada",
    removed_at=NOON,
)
AGREEMENT = "/users/ada/agreement"


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    [error] = answer.json()["errors"]
    return answer.status_code, answer.json()["type"].rpartition(":")[2], error["field"]


async def photo(api: Caller) -> httpx.Response:
    """Ada, a driver, changes her photo."""
    return await api.ask(
        "PUT", "/me/profile", {"photo_file_id": "f-1"}, who="ada", roles=("driver",)
    )


async def agreement(api: Caller) -> httpx.Response:
    """Lea, an administrator, records Ada's agreement."""
    return await api.ask("PUT", AGREEMENT, {"signed_on": today(), "file_id": "f-1"})


class TestPhoto:
    @pytest.mark.requirement("HIF-39", "FLB-008")
    async def test_it_is_a_photo_of_ones_own(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, file(user="ada", purpose=Purpose.PHOTO))
            assert (await photo(api)).status_code == 200
            me = (await api.ask("GET", "/me", who="ada", roles=("driver",))).json()
            assert me["profile"]["photo_file_id"] == "f-1"

    @pytest.mark.parametrize(
        "files",
        [
            pytest.param([], id="never existed"),
            pytest.param([file(user="bob", purpose=Purpose.PHOTO)], id="somebody else's"),
            pytest.param(
                [file(user="ada", organisation="rival", purpose=Purpose.PHOTO)],
                id="another organisation's",
            ),
            pytest.param([file(user="ada", purpose=Purpose.PHOTO), REMOVED], id="removed"),
        ],
    )
    async def test_no_other_file_is_taken(self, database: str, files: list[Any]) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, *files)
            expected = (422, "unknown-reference", "/photo_file_id")
            assert refusal(await photo(api)) == expected

    async def test_a_file_for_another_purpose_is_no_photo(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, file(user="ada", purpose=Purpose.RECEIPT))
            assert refusal(await photo(api)) == (422, "unfit-file", "/photo_file_id")


class TestAgreement:
    @pytest.mark.requirement("HIF-02")
    async def test_it_is_a_document_of_the_administrator_who_received_it(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, file(user="lea", purpose=Purpose.PAPER))
            assert (await agreement(api)).status_code == 200
            shown = (await api.ask("GET", "/users/ada")).json()
            assert shown["agreement"]["file_id"] == "f-1"

    @pytest.mark.parametrize(
        "files",
        [
            pytest.param([], id="never existed"),
            pytest.param([file(user="ada")], id="somebody else's"),
            pytest.param([file(user="lea", organisation="rival")], id="another organisation's"),
            pytest.param([file(user="lea"), REMOVED], id="removed"),
        ],
    )
    async def test_no_other_file_is_taken(self, database: str, files: list[Any]) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, *files)
            assert refusal(await agreement(api)) == (422, "unknown-reference", "/file_id")

    async def test_a_file_for_another_purpose_is_no_agreement(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            await follow(api.running, file(user="lea", purpose=Purpose.PHOTO))
            assert refusal(await agreement(api)) == (422, "unfit-file", "/file_id")
