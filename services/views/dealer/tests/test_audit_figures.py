"""Figures of completed audits: by template, by item, for whom, by which clock."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.audits.audit_v1 import AuditBegun, AuditCompleted, Finding, WorkLevel
from contracts.audits.template_v1 import TemplateItem, TemplateSaved
from contracts.dealerships.dealership_v1 import Licence
from infra.consumers.views import OutOfOrder
from infra.tokens import Role
from services.views.dealer.audit_figures import AuditFigures, FailedItem, project
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, later
from services.views.dealer.tests.stage import Caller, Dealer, served
from services.views.dealer.tests.test_audits import begun, completed, licensed
from services.views.dealer.tests.test_statistics import dealership, shared

pytestmark = pytest.mark.requirement("FLB-022")

MANAGER: Role = "audit_manager"
MAY = "?from_day=2030-05-01&until_day=2030-05-01"
OPENED = (dealership(LYON), licensed(Licence.ODITOO))
OK, URGENT, ADVISED = WorkLevel.OK, WorkLevel.URGENT, WorkLevel.ADVISED


def template(title: str = "Winter", template_id: str = "AT1") -> TemplateSaved:
    return TemplateSaved(
        template_id=template_id,
        organisation_id=GROUP,
        dealership_id=LYON,
        title=title,
        items=(TemplateItem(item_id="pads", label="Pads"),),
        saved_by="ines",
        saved_at=NOON,
    )


def found(item_id: str, level: WorkLevel, label: str = "Pads") -> Finding:
    return Finding(finding_id=item_id, label=label, level=level, price=None)


def audit(
    audit_id: str, *findings: Finding, template_id: str = "AT1", at: datetime = NOON
) -> tuple[AuditBegun, AuditCompleted]:
    """An audit in Lyon that was completed then."""
    made = replace(begun(audit_id), template_id=template_id)
    return made, replace(completed(audit_id, at), findings=findings)


FIRST = audit("AU1", found("pads", URGENT), found("tyres", OK), found("oil", ADVISED, "Oil"))
SECOND = audit("AU2", found("pads", ADVISED, "Brake pads"), at=later(5))
OTHER = audit("AU3", found("pads", WorkLevel.COMPLIMENTARY), template_id="AT2")


async def figures(
    ask: Caller, query: str = MAY, role: Role = MANAGER, part: str = "", **at: Any
) -> list[Any]:
    answer = await ask.ask(f"/statistics/audits{part}{query}", role, **at)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def test_an_audit_keeps_its_levels_and_what_failed() -> None:
    row: AuditFigures | None = None
    for event in FIRST:
        row = project(row, event)
    assert row == AuditFigures(
        audit_id="AU1",
        organisation_id=GROUP,
        dealership_id=LYON,
        template_id="AT1",
        completed_at=NOON,
        ok=1,
        advised=1,
        urgent=1,
        failed=(
            FailedItem(item_id="pads", label="Pads", urgent=True),
            FailedItem(item_id="oil", label="Oil", urgent=False),
        ),
    )
    with pytest.raises(OutOfOrder):
        project(None, FIRST[1])


async def test_audits_add_up_by_template_the_greatest_number_first(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, *OTHER, *FIRST, *SECOND, begun("AU4"), template("Old"), template())
    async with served(dealer) as ask:
        first, second = await figures(ask)
        only = await figures(ask, f"{MAY}&template_id=AT2")
    assert first == {
        "dealership_id": LYON,
        "dealership_name": f"Lumière {LYON.title()}",
        "first_day": "2030-05-01",
        "last_day": "2030-05-01",
        "template_id": "AT1",
        "title": "Winter",
        "audits": 2,
        "findings": 4,
        "ok": 1,
        "complimentary": 0,
        "advised": 2,
        "urgent": 1,
        "findings_per_audit": 2.0,
    }
    assert (second["title"], second["audits"], second["complimentary"]) == (None, 1, 1)
    assert only == [second]


async def test_items_are_told_by_how_often_they_failed(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, template(), *FIRST, *SECOND, *OTHER)
    async with served(dealer) as ask:
        first, second = await figures(ask, part="/items")
    assert first == {
        "dealership_id": LYON,
        "dealership_name": f"Lumière {LYON.title()}",
        "template_id": "AT1",
        "title": "Winter",
        "item_id": "pads",
        "label": "Brake pads",
        "failures": 2,
        "advised": 1,
        "urgent": 1,
        "audits": 2,
        "failure_rate": 100.0,
    }
    assert (second["item_id"], second["failures"], second["failure_rate"]) == ("oil", 1, 50.0)


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (datetime(2030, 4, 30, 21, 59, 59, tzinfo=UTC), 0),
        (datetime(2030, 4, 30, 22, 0, tzinfo=UTC), 1),
        (datetime(2030, 5, 1, 21, 59, 59, tzinfo=UTC), 1),
        (datetime(2030, 5, 1, 22, 0, tzinfo=UTC), 0),
    ],
)
async def test_an_audit_counts_on_its_day_where_the_dealership_is(
    dealer: Dealer, at: datetime, counted: int
) -> None:
    await dealer.saw(*OPENED, *audit("AU1", found("pads", URGENT), at=at))
    async with served(dealer) as ask:
        assert len(await figures(ask)) == counted
        assert len(await figures(ask, part="/items")) == counted


@pytest.mark.parametrize("part", ["", "/items"])
async def test_a_list_goes_on_where_a_page_ended_and_is_a_file(dealer: Dealer, part: str) -> None:
    await dealer.saw(*OPENED, *FIRST, *SECOND, *audit("AU3", found("x", OK), template_id="AT2"))
    path = f"/statistics/audits{part}{MAY}"
    async with served(dealer) as ask:
        whole = await figures(ask, part=part)
        first = (await ask.ask(f"{path}&limit=1", MANAGER)).json()
        second = (await ask.ask(f"{path}&limit=1&cursor={first['next']}", MANAGER)).json()
        sheet = await ask.ask(f"{path}&format=csv", MANAGER)
    assert [*first["items"], *second["items"]] == whole
    assert sheet.headers["content-type"].startswith("text/csv")
    assert len(sheet.text.splitlines()) == 1 + len(whole) == 3


async def test_they_are_for_managers_alone(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, dealership(PARIS), *FIRST)
    roles: tuple[Role, ...] = ("administrative_agent", "sales_representative", "device")
    async with served(dealer) as ask:
        for part in ("", "/items"):
            for role in roles:
                assert (await ask.ask(f"/statistics/audits{part}", role)).status_code == 403
            for manager in (MANAGER, "dealership_manager"):
                assert len(await figures(ask, role=manager, part=part)) in (1, 2)


@pytest.mark.requirement("G-01", "G-78", "G-85")
async def test_nobody_counts_what_is_not_theirs_or_shared(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, dealership(PARIS), *FIRST)
    here = f"{MAY}&dealership_id={LYON}"
    async with served(dealer) as ask:
        assert await figures(ask, at=(PARIS,)) == []
        assert await figures(ask, org="another-group") == []
        assert await figures(ask, role="group_manager", at=(PARIS,)) == []
        for at, role in (((PARIS,), MANAGER), ((PARIS,), "group_manager")):
            assert (await ask.ask(f"/statistics/audits{here}", role, at=at)).status_code == 404
        assert len(await figures(ask, here)) == 1
    await dealer.saw(shared(LYON))
    async with served(dealer) as ask:
        assert len(await figures(ask, here, "group_manager", at=(PARIS,))) == 1
        assert await figures(ask, at=(PARIS,)) == []


@pytest.mark.requirement("G-79")
async def test_without_the_licence_nothing_is_counted(dealer: Dealer) -> None:
    await dealer.saw(*OPENED, *FIRST, licensed(Licence.CHAT))
    async with served(dealer) as ask:
        assert await figures(ask) == []
        refused = await ask.ask(f"/statistics/audits{MAY}&dealership_id={LYON}", MANAGER)
    assert (refused.status_code, refused.json()["facts"]["licence"]) == (403, "oditoo")
