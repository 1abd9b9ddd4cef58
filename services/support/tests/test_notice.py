"""The administration writes to one partner, to a kind of them, or to all."""

from typing import Any

import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.support.notice_v1 import Audience, NoticeSent, NoticeText
from infra.testing.following import follow, organisation
from infra.testing.spec import Spec
from services.support import notice
from services.support.notice import AudienceNamedTwice, NoticeIdTaken, SendNotice
from services.support.reply import LanguageNamedTwice
from services.support.tests.make import LATER, NOON
from services.support.tests.test_api import served

given = Spec(notice.decide, notice.evolve, notice.initial).given
FRENCH = NoticeText(language="fr", title="Fermeture", text="Dimanche à 2 h.")
ARABIC = NoticeText(language="ar", title="إغلاق", text="الأحد على الساعة 2.")


def send(
    kind: str | None = None,
    partner: str | None = None,
    texts: tuple[NoticeText, ...] = (FRENCH, ARABIC),
    by: str = "sara",
    late: bool = False,
) -> SendNotice:
    return SendNotice(
        notice_id="n-1",
        organisation_id="relais",
        partner_kind=kind,
        partner_id=partner,
        texts=texts,
        by=by,
        at=LATER if late else NOON,
    )


def sent(audience: Audience, kind: str | None = None, partner: str | None = None) -> NoticeSent:
    return NoticeSent(
        notice_id="n-1",
        organisation_id="relais",
        audience=audience,
        partner_kind=kind,
        partner_id=partner,
        texts=(FRENCH, ARABIC),
        sent_by="sara",
        sent_at=NOON,
    )


@pytest.mark.requirement("EXX-30")
def test_a_notice_is_for_a_partner_for_a_kind_or_for_all() -> None:
    given().when(send()).records(sent(Audience.ALL))
    given().when(send(kind="depot")).records(sent(Audience.KIND, kind="depot"))
    given().when(send(partner="anfa")).records(sent(Audience.PARTNER, partner="anfa"))
    given().when(send("depot", "anfa")).is_rejected(AudienceNamedTwice())


def test_a_language_has_one_text() -> None:
    twice = send(texts=(FRENCH, ARABIC, FRENCH))
    given().when(twice).is_rejected(LanguageNamedTwice("fr"))


def test_a_notice_is_sent_once() -> None:
    given(sent(Audience.ALL)).when(send(late=True)).records_nothing()
    given(sent(Audience.ALL)).when(send(kind="depot")).is_rejected(NoticeIdTaken("n-1"))


BODY: dict[str, Any] = {
    "texts": [{"language": "fr", "title": "Fermeture", "text": "Dimanche à 2 h."}]
}


@pytest.mark.requirement("EXX-30")
async def test_the_operator_writes_and_sees_what_was_sent(database: str) -> None:
    async with served(database) as api:
        made = await api.sara("POST", "/notices", BODY | {"kind": "depot"})
        assert made.status_code == 201
        notice_id = made.json()["id"]
        shown = (await api.sara("GET", f"/notices/{notice_id}")).json()
        assert shown.pop("sent_at") > "2026"
        assert shown == BODY | {
            "notice_id": notice_id,
            "audience": "kind",
            "partner_kind": "depot",
            "partner_id": None,
            "sent_by": "sara",
        }
        assert (await api.sara("GET", "/notices/n-none")).status_code == 404


async def test_a_notice_names_a_partner_that_there_is(database: str) -> None:
    async with served(database) as api:
        refused = await api.sara("POST", "/notices", BODY | {"partner_id": "anfa"})
        assert refused.json()["errors"][0]["field"] == "/partner_id"
        await follow(api.running, organisation("anfa", OrganisationKind.DEPOT))
        made = await api.sara("POST", "/notices", BODY | {"partner_id": "anfa"})
        assert made.status_code == 201


@pytest.mark.requirement("G-01")
async def test_only_the_administration_of_the_operator_writes_notices(database: str) -> None:
    async with served(database) as api:
        assert (await api.lea("POST", "/notices", BODY)).status_code == 403
        for method, path in (("POST", "/notices"), ("GET", "/notices/n-1")):
            asked = await api.ask(method, path, BODY, "nadia", ("administration",), "maarif")
            assert asked.json()["type"] == "urn:relais:problem:not-the-operator"
