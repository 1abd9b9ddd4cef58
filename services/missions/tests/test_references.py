"""The files that missions name: they exist, are the caller's own and were sent for a mission."""

import asyncio
from typing import Any

import pytest

from contracts.media.file_v1 import FileRemoved, Purpose, UploadStarted, Visibility
from infra.testing.following import NOON, file, follow
from services.missions.tests.test_api import EXTRA, Caller, served

EXTRA_COST = ("/trips/T1/extra-costs", "photo_file_id", EXTRA)
ATTACHMENT = ("/trips/T1/attachments", "file_id", {"label": "Delivery note"})
BOTH = pytest.mark.parametrize(
    ("path", "field", "body"), [EXTRA_COST, ATTACHMENT], ids=["extra cost", "attachment"]
)


def started() -> UploadStarted:
    return UploadStarted(
        file_id="f-3",
        organisation_id="hiflow",
        user_id="ada",
        name="note.pdf",
        declared_type="application/pdf",
        size_bytes=1_000,
        declared_sha256="0" * 64,
        visibility=Visibility.PRIVATE,
        purpose=Purpose.MISSION,
        started_at=NOON,
        expires_at=NOON,
    )


def removed() -> FileRemoved:
    return FileRemoved(
        file_id="f-3", organisation_id="hiflow", user_id="ada", removed_by="ada", removed_at=NOON
    )


async def mission(api: Caller) -> None:
    """A trip that Ada drives."""
    await api.world("ada")
    await api.ask("POST", "/trips/T1/assignment", {"driver_id": "ada"})


@BOTH
@pytest.mark.parametrize(
    "events",
    [
        [],
        [started()],
        [file("f-3", user="bob", purpose=Purpose.MISSION)],
        [file("f-3", organisation="stranger", purpose=Purpose.MISSION)],
        [file("f-3", purpose=Purpose.MISSION), removed()],
    ],
    ids=["never existed", "not stored", "somebody else's", "another organisation's", "removed"],
)
async def test_a_file_that_the_driver_does_not_have_is_refused(
    database: str, path: str, field: str, body: dict[str, Any], events: list[Any]
) -> None:
    async with served(database) as api:
        await mission(api)
        await follow(api.running, *events)
        refused = await api.driver("ada", "POST", path, {**body, field: "f-3"})
        assert refused.status_code == 422
        assert refused.json()["type"].endswith("unknown-reference")
        assert refused.json()["errors"][0]["field"] == f"/{field}"
        assert (await api.driver("ada", "POST", path, {**body, field: "f-1"})).status_code == 201


@pytest.mark.parametrize(
    ("path", "field", "body", "fitting"),
    [
        (*EXTRA_COST, {Purpose.MISSION, Purpose.RECEIPT}),
        (*ATTACHMENT, {Purpose.MISSION}),
    ],
    ids=["extra cost", "attachment"],
)
async def test_a_file_was_sent_for_a_fitting_purpose(
    database: str, path: str, field: str, body: dict[str, Any], fitting: set[Purpose]
) -> None:
    async with served(database) as api:
        await mission(api)
        for purpose in Purpose:
            await follow(api.running, file(purpose.name, purpose=purpose))
            asked = await api.driver("ada", "POST", path, {**body, field: purpose.name})
            assert (asked.status_code == 201) == (purpose in fitting), purpose
            assert asked.status_code == 201 or asked.json()["type"].endswith("unfit-file")


async def test_logistics_attaches_files_of_its_own(database: str) -> None:
    async with served(database) as api:
        await mission(api)
        await follow(api.running, file("f-3", user="lea", purpose=Purpose.MISSION))
        note = {"label": "Delivery note"}
        path = "/trips/T1/attachments"
        assert (await api.ask("POST", path, {**note, "file_id": "f-3"})).status_code == 201
        assert (await api.ask("POST", path, {**note, "file_id": "f-1"})).status_code == 422


async def test_a_file_that_was_sent_just_now_is_waited_for(database: str) -> None:
    async with served(database) as api:
        await mission(api)
        await follow(api.running, file("f-4", user="lea", purpose=Purpose.MISSION))

        async def attach(file_id: str) -> int:
            body = {"label": "Delivery note", "file_id": file_id}
            headers = {"Relais-Min-Position": api.position(f"media.file/{file_id}", 1)}
            answer = await api.ask("POST", "/trips/T1/attachments", body, headers=headers)
            return answer.status_code

        async def arrive() -> None:
            await asyncio.sleep(0.2)
            await follow(api.running, file("f-3", user="lea", purpose=Purpose.MISSION))

        status, _ = await asyncio.gather(attach("f-3"), arrive())
        assert (status, await attach("f-4"), await attach("f-5")) == (201, 201, 425)
