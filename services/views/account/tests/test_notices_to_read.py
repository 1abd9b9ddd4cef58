"""People read the notices of the administration to their organisation, in their language."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.messaging.preferences_v1 import NoticesRead, SubjectForgotten
from contracts.support.notice_v1 import Audience, NoticeSent, NoticeText
from infra.testing.following import organisation
from infra.testing.serving import KEY
from infra.tokens import Role, issue
from services.views.account.notices_to_read import in_language, key
from services.views.account.tests.make import LATER, NOON
from services.views.account.tests.stage import Mine, served

FRENCH = NoticeText(language="fr-MA", title="Fermeture", text="Dimanche à 2 h.")
ARABIC = NoticeText(language="ar", title="إغلاق", text="الأحد على الساعة 2.")


MOMENT = timedelta(microseconds=1)


def sent(
    id: str,
    audience: Audience,
    kind: str | None = None,
    partner: str | None = None,
    at: datetime = NOON,
) -> NoticeSent:
    return NoticeSent(
        notice_id=id,
        organisation_id="relais",
        audience=audience,
        partner_kind=kind,
        partner_id=partner,
        texts=(FRENCH, ARABIC),
        sent_by="sara",
        sent_at=at,
    )


def seen_until(until: datetime) -> NoticesRead:
    return NoticesRead(user_id="karim", organisation_id="maarif", until=until, read_at=LATER)


ALL = sent("n-1", Audience.ALL)
DEPOTS = sent("n-2", Audience.KIND, kind="depot")
MAARIF = sent("n-3", Audience.PARTNER, partner="maarif")
ANFA = sent("n-4", Audience.PARTNER, partner="anfa")
NEXT = sent("n-5", Audience.ALL, at=NOON + MOMENT)


async def asked(
    mine: Mine,
    path: str,
    org: str,
    role: Role = "courier",
    language: str = "fr",
    who: str = "karim",
) -> dict[str, Any]:
    async with served(mine) as api:
        token = issue(KEY, who, org, [role])
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        answer: httpx.Response = await api.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(
    mine: Mine, org: str, role: Role = "courier", language: str = "fr"
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asked(mine, "/notices", org, role, language))["items"]
    return found


async def unread(mine: Mine, org: str = "maarif", who: str = "karim") -> dict[str, Any]:
    return await asked(mine, "/notices/unread", org, who=who)


@pytest.mark.requirement("EXX-30", "N-07")
async def test_a_notice_is_shown_with_every_field(mine: Mine) -> None:
    await mine.saw(ALL)
    assert await read(mine, "maarif") == [
        {
            "notice_id": "n-1",
            "audience": "all",
            "language": "fr-MA",
            "title": "Fermeture",
            "text": "Dimanche à 2 h.",
            "sent_at": "2030-05-01T12:00:00Z",
            "read": False,
        }
    ]


@pytest.mark.requirement("EXX-30", "G-01", "G-20")
@pytest.mark.parametrize(
    ("org", "role", "ids"),
    [
        ("maarif", "courier", ["n-3", "n-2", "n-1"]),
        ("anfa", "pending", ["n-2", "n-1"]),
        ("hiflow", "driver", ["n-1"]),
        ("nowhere", "driver", ["n-1"]),
    ],
)
async def test_everybody_reads_what_is_for_their_organisation(
    mine: Mine, org: str, role: Role, ids: list[str]
) -> None:
    depots = [organisation(one, OrganisationKind.DEPOT) for one in ("maarif", "anfa")]
    drivers = organisation("hiflow", OrganisationKind.DRIVER_PARTNER)
    await mine.saw(*depots, drivers, ALL, DEPOTS, MAARIF)
    assert [one["notice_id"] for one in await read(mine, org, role)] == ids


async def test_a_notice_is_read_in_the_language_of_its_reader(mine: Mine) -> None:
    await mine.saw(ALL)
    [arabic] = await read(mine, "maarif", language="ar")
    assert (arabic["language"], arabic["title"]) == ("ar", "إغلاق")
    [first] = await read(mine, "maarif", language="de")
    assert first["language"] == "fr-MA"


@pytest.mark.requirement("EXX-30", "N-07")
async def test_a_notice_is_read_if_it_was_sent_by_the_time_of_the_newest_seen(mine: Mine) -> None:
    await mine.saw(ALL, MAARIF, ANFA, NEXT)
    assert await unread(mine) == {"notices": 3}
    for until, marks in ((NOON - MOMENT, []), (NOON, ["n-3", "n-1"])):
        await mine.saw(seen_until(until))
        shown = {one["notice_id"]: one["read"] for one in await read(mine, "maarif")}
        assert list(shown) == ["n-5", "n-3", "n-1"]
        assert [id for id, is_read in shown.items() if is_read] == marks
        assert await unread(mine) == {"notices": 3 - len(marks)}
    await mine.saw(seen_until(NOON + MOMENT))
    assert await unread(mine) == {"notices": 0}


@pytest.mark.requirement("EXX-30", "G-01")
@pytest.mark.parametrize(("org", "who"), [("maarif", "nadia"), ("anfa", "karim")])
async def test_what_somebody_read_is_unread_by_everybody_else(
    mine: Mine, org: str, who: str
) -> None:
    await mine.saw(ALL, seen_until(NOON))
    assert await unread(mine) == {"notices": 0}
    assert await unread(mine, org, who) == {"notices": 1}
    [shown] = (await asked(mine, "/notices", org, who=who))["items"]
    assert shown["read"] is False


@pytest.mark.requirement("EXX-30")
async def test_what_somebody_read_is_forgotten_with_them(mine: Mine) -> None:
    await mine.saw(ALL, seen_until(NOON))
    await mine.saw(SubjectForgotten(user_id="karim", forgotten_at=LATER))
    assert await unread(mine) == {"notices": 1}


def test_a_language_counts_wherever_it_is_spoken() -> None:
    assert in_language((ARABIC, FRENCH), "fr") is FRENCH
    assert key(ALL) == ("n-1",)
