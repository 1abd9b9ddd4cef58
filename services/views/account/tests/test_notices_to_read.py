"""People read the notices of the administration to their organisation, in their language."""

from typing import Any

import httpx
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.support.notice_v1 import Audience, NoticeSent, NoticeText
from infra.testing.following import organisation
from infra.testing.serving import KEY
from infra.tokens import Role, issue
from services.views.account.notices_to_read import in_language, key
from services.views.account.tests.make import NOON
from services.views.account.tests.stage import Mine, served

FRENCH = NoticeText(language="fr-MA", title="Fermeture", text="Dimanche à 2 h.")
ARABIC = NoticeText(language="ar", title="إغلاق", text="الأحد على الساعة 2.")


def sent(
    id: str, audience: Audience, kind: str | None = None, partner: str | None = None
) -> NoticeSent:
    return NoticeSent(
        notice_id=id,
        organisation_id="relais",
        audience=audience,
        partner_kind=kind,
        partner_id=partner,
        texts=(FRENCH, ARABIC),
        sent_by="sara",
        sent_at=NOON,
    )


ALL = sent("n-1", Audience.ALL)
DEPOTS = sent("n-2", Audience.KIND, kind="depot")
MAARIF = sent("n-3", Audience.PARTNER, partner="maarif")


async def read(
    mine: Mine, org: str, role: Role = "courier", language: str = "fr"
) -> list[dict[str, Any]]:
    async with served(mine) as api:
        token = issue(KEY, "karim", org, [role])
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        answer: httpx.Response = await api.client.get("/notices", headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


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


def test_a_language_counts_wherever_it_is_spoken() -> None:
    assert in_language((ARABIC, FRENCH), "fr") is FRENCH
    assert key(ALL) == ("n-1",)
