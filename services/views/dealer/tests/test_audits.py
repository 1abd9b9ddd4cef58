"""The history of completed audits of a dealership, with its search and its licence."""

from datetime import datetime
from typing import Any

import pytest

from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    Finding,
    SubjectForgotten,
    WorkLevel,
)
from contracts.dealerships.dealership_v1 import Licence, LicencesChanged
from contracts.runtime import REDACTED
from infra.testing.following import user
from infra.tokens import Role
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, later
from services.views.dealer.tests.stage import Dealer, served
from services.views.dealer.tests.test_statistics import dealership

pytestmark = pytest.mark.requirement("FLB-073", "FLB-022")
PATH = f"/dealerships/{LYON}/audits"


def licensed(*some: Licence) -> LicencesChanged:
    return LicencesChanged(
        dealership_id=LYON,
        organisation_id=GROUP,
        licences=some,
        changed_by="olga",
        changed_at=NOON,
    )


def begun(audit_id: str = "AU1", identifier: str = "or 48213") -> AuditBegun:
    return AuditBegun(
        audit_id=audit_id,
        organisation_id=GROUP,
        dealership_id=LYON,
        template_id="AT1",
        identifier=identifier,
        auditor_id="ada",
        begun_by="tablet",
        begun_at=NOON,
    )


def completed(audit_id: str = "AU1", at: datetime = NOON, *levels: WorkLevel) -> AuditCompleted:
    return AuditCompleted(
        audit_id=audit_id,
        organisation_id=GROUP,
        dealership_id=LYON,
        findings=tuple(
            Finding(finding_id=f"f-{n}", label="Pads", level=level, price=None)
            for n, level in enumerate(levels)
        ),
        completed_by="tablet",
        completed_at=at,
    )


OPENED = (dealership(LYON), dealership(PARIS), licensed(Licence.ODITOO), user("ada", GROUP))
LEVELS = (WorkLevel.OK, WorkLevel.URGENT, WorkLevel.URGENT, WorkLevel.ADVISED)


def ids(found: Any) -> list[str]:
    return [one["audit_id"] for one in found["items"]]


async def test_what_was_completed_is_shown_the_newest_first(dealer: Dealer) -> None:
    audits = (begun(), completed("AU1", NOON, *LEVELS), begun("AU2"), completed("AU2", later(5)))
    await dealer.saw(*OPENED, *audits, begun("AU3"))
    async with served(dealer) as ask:
        every = await ask.shown(PATH)
        first = await ask.shown(f"{PATH}?limit=1")
        second = await ask.shown(f"{PATH}?limit=1&cursor={first['next']}")
    assert ids(every) == ["AU2", "AU1"]
    assert second["items"] == [
        {
            "audit_id": "AU1",
            "dealership_id": LYON,
            "template_id": "AT1",
            "identifier": "or 48213",
            "auditor": {"user_id": "ada", "name": "Ada Martin"},
            "begun_at": "2030-05-01T12:00:00Z",
            "completed_at": "2030-05-01T12:00:00Z",
            "findings": 4,
            "advised": 1,
            "urgent": 2,
        }
    ]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("OR-48213", ["AU1"]), ("or48", ["AU1"]), ("48213", []), ("--", ["AU2", "AU1"])],
)
async def test_one_is_found_by_how_its_identifier_begins(
    dealer: Dealer, typed: str, found: list[str]
) -> None:
    other = (begun("AU2", "EF-456-GH"), completed("AU2", later(5)))
    await dealer.saw(*OPENED, begun(), completed(), *other)
    async with served(dealer) as ask:
        assert ids(await ask.shown(f"{PATH}?q={typed}")) == found


@pytest.mark.requirement("G-79")
async def test_without_the_licence_nobody_sees_any(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, begun(), completed(), licensed(Licence.CHAT))
    async with served(dealer) as ask:
        refused = await ask.ask(PATH)
        assert (refused.status_code, refused.json()["facts"]["licence"]) == (403, "oditoo")


@pytest.mark.requirement("G-01")
async def test_audits_are_for_their_dealership_alone(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, begun(), completed())
    async with served(dealer) as ask:
        roles: tuple[Role, ...] = ("audit_manager", "dealership_manager", "device")
        for role in roles:
            assert ids((await ask.ask(PATH, role)).json()) == ["AU1"]
        for at, org in (((PARIS,), GROUP), ((LYON,), "another-group")):
            assert (await ask.ask(PATH, at=at, org=org)).status_code == 404
        others: tuple[Role, ...] = ("sales_representative", "technician")
        for role in others:
            assert (await ask.ask(PATH, role)).status_code == 403


@pytest.mark.requirement("G-50")
async def test_one_that_is_forgotten_is_shown_and_not_found(dealer: Dealer) -> None:
    gone = SubjectForgotten(
        audit_id="AU1", organisation_id=GROUP, dealership_id=LYON, forgotten_at=NOON
    )
    await dealer.saw(*OPENED, begun(), completed(), gone)
    async with served(dealer) as ask:
        [shown] = (await ask.shown(PATH))["items"]
        assert shown["identifier"] == REDACTED
        assert ids(await ask.shown(f"{PATH}?q={REDACTED}")) == []
