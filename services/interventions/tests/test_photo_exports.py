"""Photos of sales cases go to Planet VO, by the credentials of their dealership (FLB-135)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from contracts.dealerships.dealership_v1 import Licence
from contracts.interventions.case_v1 import (
    MediaKind,
    Module,
    PhotoExportAsked,
    PhotoExportFailed,
    PhotoExportFailure,
    PhotosHandedOver,
)
from contracts.interventions.photo_account_v1 import CredentialsGiven, CredentialsRemoved
from contracts.media.file_v1 import Purpose
from infra.testing.following import file, follow
from infra.testing.spec import Spec
from services.interventions import case, photo_account
from services.interventions.adapters.photo_sender import GIVEN_UP_AFTER, PhotoSender
from services.interventions.case.content import NotOfModule
from services.interventions.case.exporting import (
    MOST_EXPORTS,
    AskPhotoExport,
    EndPhotoExport,
    ExportIdTaken,
    NotAPublicPhoto,
    TooManyExports,
)
from services.interventions.photo_account import GiveCredentials, RemoveCredentials
from services.interventions.tests.make import (
    CASE,
    GROUP,
    ID,
    LATER,
    LILLE,
    close,
    create,
    history,
    place,
)
from services.interventions.tests.serving import Caller, served
from services.interventions.tests.test_scanning import licensed, refusal
from services.interventions.tests.vendors import PASSWORD, USER, Vendors, vendors

pytestmark = pytest.mark.requirement("FLB-135")

MUCH_LATER = LATER + timedelta(hours=1)
MODULE = Module.DIRECT_MESSAGE
PLACED = (place("front"), place("rear"))
REFUSED = PhotoExportFailure.PHOTOS_REFUSED


def ask(*media_ids: str, export_id: str = "e1", at: Any = LATER) -> AskPhotoExport:
    return AskPhotoExport(
        organisation_id=GROUP,
        export_id=export_id,
        media_ids=media_ids or ("front", "rear"),
        by="sami",
        at=at,
    )


def end(failure: PhotoExportFailure | None = None, asked_at: Any = LATER) -> EndPhotoExport:
    return EndPhotoExport(
        case_id=ID, export_id="e1", asked_at=asked_at, failure=failure, at=MUCH_LATER
    )


def asked(*media_ids: str, at: Any = LATER) -> PhotoExportAsked:
    return PhotoExportAsked(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        export_id="e1",
        media_ids=media_ids or ("front", "rear"),
        asked_by="sami",
        asked_at=at,
    )


def handed_over() -> PhotosHandedOver:
    return PhotosHandedOver(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        export_id="e1",
        handed_over_at=MUCH_LATER,
    )


def failed() -> PhotoExportFailed:
    return PhotoExportFailed(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        export_id="e1",
        failure=REFUSED,
        failed_at=MUCH_LATER,
    )


def after(*commands: case.Command, module: Module = MODULE) -> Any:
    return CASE.given(*history(create(module), *PLACED, *commands))


class TestExports:
    def test_photos_are_asked_for_once(self) -> None:
        after().when(ask()).records(asked())
        after(ask(), end()).when(ask()).records_nothing()

    def test_other_photos_need_another_id(self) -> None:
        after(ask()).when(ask("front")).is_rejected(ExportIdTaken("e1"))
        assert isinstance(after(ask()).answer(ask("front", export_id="e2")), list)

    def test_one_that_failed_is_asked_for_anew_also_with_others(self) -> None:
        again = ask("front", at=MUCH_LATER)
        after(ask(), end(REFUSED)).when(again).records(asked("front", at=MUCH_LATER))

    def test_only_public_photos_of_the_case_go(self) -> None:
        hidden = place("hidden", private=True)
        film = place("film", kind=MediaKind.VIDEO, seconds=1.0)
        for media_id in ("hidden", "film", "none"):
            refused = NotAPublicPhoto(media_id)
            after(hidden, film).when(ask(media_id)).is_rejected(refused)

    def test_only_sales_have_them_and_while_the_case_is_open(self) -> None:
        after(module=Module.MECHANICAL).when(ask()).is_rejected(NotOfModule(Module.MECHANICAL))
        after(close()).when(ask()).is_rejected(case.CaseIsClosed())

    def test_a_case_has_so_many_exports(self) -> None:
        many = [ask(export_id=f"e{n}") for n in range(MOST_EXPORTS)]
        assert isinstance(after(*many[:-1]).answer(many[-1]), list)
        after(*many).when(ask(export_id="more")).is_rejected(TooManyExports(MOST_EXPORTS))

    def test_the_first_word_about_what_was_asked_counts(self) -> None:
        after(ask()).when(end()).records(handed_over())
        after(ask()).when(end(REFUSED)).records(failed())
        after(ask(), end(REFUSED)).when(end()).records_nothing()
        after().when(end()).records_nothing()

    def test_a_word_about_an_attempt_before_is_none_about_this_one(self) -> None:
        anew = (ask(), end(REFUSED), ask(at=MUCH_LATER))
        after(*anew).when(end(asked_at=LATER)).records_nothing()
        after(*anew).when(end(asked_at=MUCH_LATER)).records(handed_over())

    def test_what_went_out_is_recorded_of_a_closed_case_too(self) -> None:
        after(ask(), close()).when(end()).records(handed_over())


# --- Credentials ------------------------------------------------------------

ACCOUNT = Spec(photo_account.decide, photo_account.evolve, photo_account.initial)


def give(digest: str = "d1") -> GiveCredentials:
    return GiveCredentials(
        dealership_id=LILLE, organisation_id=GROUP, digest=digest, by="maya", at=LATER
    )


REMOVE = RemoveCredentials(dealership_id=LILLE, organisation_id=GROUP, by="maya", at=LATER)
GIVEN = CredentialsGiven(
    dealership_id=LILLE, organisation_id=GROUP, digest="d1", given_by="maya", given_at=LATER
)
REMOVED = CredentialsRemoved(
    dealership_id=LILLE, organisation_id=GROUP, removed_by="maya", removed_at=LATER
)


class TestAccount:
    def test_the_same_credentials_are_no_news(self) -> None:
        ACCOUNT.given().when(give()).records(GIVEN)
        ACCOUNT.given(GIVEN).when(give("d2")).records(replace(GIVEN, digest="d2"))

    def test_they_are_removed_once_and_given_again(self) -> None:
        ACCOUNT.given(GIVEN).when(REMOVE).records(REMOVED)
        ACCOUNT.given().when(REMOVE).records_nothing()
        ACCOUNT.given(GIVEN, REMOVED).when(give()).records(GIVEN)


# --- Over HTTP --------------------------------------------------------------

ACCOUNT_PATH = f"/dealerships/{LILLE}/photo-account"
GOOD = {"user_name": USER, "password": PASSWORD}


@asynccontextmanager
async def selling(database: str) -> AsyncIterator[tuple[Caller, Vendors]]:
    """The API of a dealership with the licence, and Planet VO."""
    async with vendors() as far, served(database, planet_vo_url=far.url) as caller:
        own = replace(file("f-front", "sami", GROUP, Purpose.OTHER), media_type="image/jpeg")
        await follow(caller.running, licensed(Licence.PLANET_VO), own)
        yield caller, far


async def gives(caller: Caller, **changed: Any) -> Any:
    path = f"{ACCOUNT_PATH}/credentials"
    return await caller.says("maya", "PUT", path, GOOD | changed)


async def asking(caller: Caller) -> str:
    """The path of a sales case with a photo that was asked to go to Planet VO."""
    assert (await gives(caller)).is_success
    path = await caller.made("sami", module="direct_message", reference="Clio")
    for part, body in (
        ("vehicle", {"plate": "AB-123-CD"}),
        ("media/front", {"file_id": "f-front"}),
        ("photo-exports/e1", {"media_ids": ["front", "front"]}),
    ):
        done = await caller.says("sami", "PUT", f"{path}/{part}", body)
        assert done.is_success, done.text
    return path


async def exports(caller: Caller, path: str) -> list[Any]:
    [one] = (await caller.shown(path))["photo_exports"]
    return [one["status"], one["failure"], one["ended_at"] is not None]


async def tried(caller: Caller) -> bool:
    """Whether an export was due, and one attempt made."""
    return await PhotoSender(caller.running).turn()


async def soon(caller: Caller) -> None:
    """Have all that waits for another attempt due now."""
    async with caller.running.pool.connection() as connection:
        await connection.execute("update photos.waiting set look_at = clock_timestamp()")


def after_all(passed: timedelta) -> datetime:
    return datetime.now(UTC) + passed


async def test_credentials_are_checked_sealed_and_never_shown(database: str) -> None:
    async with selling(database) as (caller, _):
        wrong = await gives(caller, password="wrong horse")
        assert refusal(wrong) == (422, "photo-credentials-refused")
        assert "wrong horse" not in wrong.text
        assert (await caller.says("maya", "GET", ACCOUNT_PATH)).json()["connected"] is False
        assert (await gives(caller)).is_success
        shown = await caller.says("maya", "GET", ACCOUNT_PATH)
        told = await caller.says("maya", "GET", f"{ACCOUNT_PATH}/history")
        assert (shown.json()["connected"], shown.json()["given_by"]) == (True, "maya")
        async with caller.running.pool.connection() as connection:
            cursor = await connection.execute("select sealed from photos.credentials")
            [(sealed,)] = await cursor.fetchall()
        for secret in (USER, PASSWORD):
            assert secret not in shown.text + told.text
            assert secret.encode() not in bytes(sealed)


async def test_credentials_are_for_managers_with_the_licence(database: str) -> None:
    async with selling(database) as (caller, far):
        path = f"{ACCOUNT_PATH}/credentials"
        for who, status in (("sami", 403), ("lea", 403)):
            assert (await caller.says(who, "PUT", path, GOOD)).status_code == status
        elsewhere = await caller.says(
            "maya", "PUT", "/dealerships/GMETZ/photo-account/credentials", GOOD
        )
        assert refusal(elsewhere) == (404, "no-such-dealership")
        far.status = 500
        assert refusal(await gives(caller)) == (503, "planet-vo-away")
        far.status = 204
        assert refusal(await gives(caller)) == (502, "planet-vo-not-understood")
        await follow(caller.running, licensed(Licence.CHAT))
        assert (await gives(caller)).json()["facts"]["licence"] == "planet_vo"


async def test_photos_are_handed_over_and_the_case_says_so(database: str) -> None:
    async with selling(database) as (caller, far):
        path = await asking(caller)
        assert await exports(caller, path) == ["asked", None, False]
        assert await tried(caller)
        assert await exports(caller, path) == ["handed_over", None, True]
        [(where, sent)] = far.exports.items()
        assert where == f"/exports/{path.rpartition('/')[2]}/e1"
        [photo] = sent.pop("photos")
        assert sent == {"reference": "Clio", "plate": "AB-123-CD", "vin": None}
        assert photo["photo_id"] == "front"
        assert "/media/links/p.f-front." in photo["url"]
        assert not await tried(caller)


async def test_planet_vo_that_is_away_is_tried_again(database: str) -> None:
    async with selling(database) as (caller, far):
        path = await asking(caller)
        far.status = 503
        for _ in range(2):
            await soon(caller)
            assert await tried(caller)
        assert not await tried(caller), "it waits before the next attempt"
        assert await exports(caller, path) == ["asked", None, False]
        far.status = 200
        await soon(caller)
        assert await tried(caller)
        assert (await exports(caller, path))[0] == "handed_over"
        assert far.attempts == 3


async def test_it_is_given_up_once_a_day_is_over(database: str) -> None:
    async with selling(database) as (caller, far):
        path = await asking(caller)
        far.status = 503
        almost = GIVEN_UP_AFTER - timedelta(minutes=1)
        for passed, status in ((almost, "asked"), (GIVEN_UP_AFTER, "failed")):
            await soon(caller)
            assert await PhotoSender(caller.running, partial(after_all, passed)).turn()
            assert (await exports(caller, path))[0] == status
        assert (await exports(caller, path))[1] == "no_answer"


@pytest.mark.parametrize(
    ("status", "password", "failure"),
    [(422, PASSWORD, "photos_refused"), (200, "changed", "credentials_refused")],
)
async def test_a_no_for_good_is_said_and_tried_anew_when_asked(
    database: str, status: int, password: str, failure: str
) -> None:
    async with selling(database) as (caller, far):
        path = await asking(caller)
        far.status, far.password = status, password
        assert await tried(caller)
        assert await exports(caller, path) == ["failed", failure, True]
        assert not await tried(caller)
        far.status, far.password = 200, PASSWORD
        again = f"{path}/photo-exports/e1"
        assert (await caller.says("sami", "PUT", again, {"media_ids": ["front"]})).is_success
        assert await tried(caller)
        assert await exports(caller, path) == ["handed_over", None, True]


async def test_nothing_goes_out_once_the_credentials_are_removed(database: str) -> None:
    async with selling(database) as (caller, far):
        path = await asking(caller)
        removed = await caller.says("maya", "DELETE", f"{ACCOUNT_PATH}/credentials")
        assert removed.is_success, removed.text
        assert await tried(caller)
        assert await exports(caller, path) == ["failed", "no_credentials", True]
        refused = await caller.says(
            "sami", "PUT", f"{path}/photo-exports/e2", {"media_ids": ["front"]}
        )
        assert refusal(refused) == (409, "no-photo-account")
        assert far.attempts == 0
