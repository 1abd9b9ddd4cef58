"""Somebody who is forgotten leaves no file behind (ADR 4, ADR 11)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import SubjectForgotten, UserDeactivated, UserEvent
from contracts.media import file_v1
from contracts.media.file_v1 import FileRemoved
from contracts.runtime import Contract
from infra.cloudevents import Envelope
from infra.commands import CommandContext, Done
from infra.consumers.records import Delivery, stream_of
from infra.objects import objects_of
from services.media.adapters.scanner import NoScanner
from services.media.adapters.sweeper import Forgetting
from services.media.adapters.upload_store import UploadStore, end
from services.media.aggregates import FILE
from services.media.file import FinishUpload, Uploading
from services.media.file.types import Limits
from services.media.tests.caller import Caller, announcement, served
from services.media.tests.make import NOON, PDF, image


def delivered(event: UserEvent | FileRemoved) -> Delivery:
    """A fact as a follower gets it."""
    of_file = isinstance(event, FileRemoved)
    contract: Contract[Any] = file_v1.contract if of_file else user_v1.contract
    id = event.file_id if isinstance(event, FileRemoved) else event.user_id
    kind = contract.by_class(type(event)).type
    origin = ("", "", "", "", None)
    envelope = Envelope(UUID(int=1), kind, id, 1, NOON, NOON, 0, *origin)
    return Delivery(stream_of(contract.topic, id), envelope, event)


async def told(api: Caller, event: UserEvent) -> None:
    """The service hears of a fact about a user."""
    async with api.running.pool.connection() as connection, connection.transaction():
        found = await Forgetting().handle(connection, [delivered(event)])
    assert found == {}


async def forgotten(api: Caller, who: str = "ada") -> None:
    """As `relais subject forget` does: the key goes first, then the fact is told."""
    await api.running.keyring.forget(who, "ada herself")
    await told(api, SubjectForgotten(user_id=who, forgotten_at=datetime.now(UTC)))


async def test_every_file_of_who_is_forgotten_goes_and_nobody_elses(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        photo = await api.sent(image(), "image/jpeg", visibility="public")
        swept, early = await api.sent(), await api.start(PDF, "application/pdf")
        await api.piece(early, 0, PDF[:1000])
        body = announcement(PDF, "application/pdf")
        bobs = (await api.ask("POST", "/uploads", body, who="bob")).json()["id"]
        await api.piece(bobs, 0, PDF, who="bob")
        await api.swept()
        await forgotten(api)
        assert await api.swept() == 3
        assert [api.kept(file) for file in (photo, swept, early)] == [[], [], []]
        assert (await api.rows(), len(api.kept(bobs))) == ({bobs}, 1)
        assert (await api.client.get(f"/public/{photo}")).status_code == 404
        [*_, last] = await api.running.commands.history(FILE, photo)
        assert (last.type.rpartition(".")[2], last.actor) == ("removed", "worker:media.forgetting")


async def test_what_is_held_as_evidence_goes_too(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        await api.hold(file, "hiflow", by="invoice-inv-t-1")
        await forgotten(api)
        await api.swept()
        assert (await api.status(file), api.kept(file)) == (("removed", None), [])


async def test_hearing_of_it_again_changes_nothing(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        for _ in range(2):
            await forgotten(api)
            await api.swept()
        assert len(await api.running.commands.history(FILE, file)) == 3
        assert await api.rows() == set()


async def test_other_facts_about_a_user_remove_nothing(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        await api.swept()
        await told(
            api,
            UserDeactivated(
                user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
            ),
        )
        assert (await api.swept(), api.kept(file)) == (0, ["original"])


async def test_who_is_forgotten_sends_nothing_any_more(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.start(PDF, "application/pdf")
        await forgotten(api)
        assert (await api.piece(file, 0, PDF)).status_code == 409
        assert (await api.complete(file)).status_code == 409
        answer = await api.ask("POST", "/uploads", announcement(PDF, "application/pdf"))
        assert answer.json()["type"] == "urn:relais:problem:subject-is-forgotten"


async def test_a_file_that_becomes_whole_meanwhile_goes_too(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.start(PDF, "application/pdf")
        await api.piece(file, 0, PDF)
        commands = api.running.commands
        state = (await commands.load(FILE, file)).state
        assert isinstance(state, Uploading)
        uploads = UploadStore(api.running.pool, objects_of(api.running.settings), NoScanner())
        async with uploads.put_together(state.upload) as looked:
            await forgotten(api)
            key, now = uuid4(), datetime.now(UTC)
            context = CommandContext(key, str(key), str(key), "ada", "hiflow", now, "")
            limits = Limits(document=9999, video=9999)
            finish = FinishUpload(
                organisation_id="hiflow", found=looked.found, copy=None, limits=limits, at=now
            )
            done = await commands.handle(FILE, file, finish, context, in_transaction=end(file))
            assert isinstance(done, Done)
        await api.swept()
        assert await api.status(file) == ("removed", None)
        assert (api.kept(file), await api.rows()) == ([], set())
