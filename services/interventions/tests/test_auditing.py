"""Audits of the vehicle come into a case once, as works of it (FLB-098, FLB-099)."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.audits import audit_v1
from contracts.audits.audit_v1 import AuditBegun, AuditCompleted, Finding, FindingPrice
from contracts.common_v1 import Money
from contracts.dealerships.dealership_v1 import Licence, LicencesChanged
from contracts.decisions import Changed
from contracts.interventions.case_v1 import (
    AuditLinked,
    Module,
    Price,
    Work,
    WorkLevel,
    WorkListed,
)
from infra.testing.following import NOON, follow
from services.interventions import case
from services.interventions.case.bringing import LinkAudit
from services.interventions.case.content import NotOfModule
from services.interventions.case.works import MOST_WORKS, StrikeWork, TooManyWorks
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    GROUP,
    ID,
    LATER,
    LILLE,
    SENT,
    amounts,
    close,
    create,
    eur,
    history,
    list_work,
    price,
    state,
)
from services.interventions.tests.serving import METZ, Caller, served


def found(label: str, level: WorkLevel, priced: Price | None, n: int = 1) -> Work:
    return Work(
        work_id=f"AU1-{n:03}",
        label=label,
        level=level,
        price=priced,
        amounts=amounts(10_000, 12_000) if priced else None,
        media_ids=(),
        carried_out=False,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )


PADS = found("Front brake pads", WorkLevel.URGENT, price())
TYRES = found("Tyres", WorkLevel.OK, None, 2)


def link(*findings: Work, seen: int = 0, audit_id: str = "AU1") -> LinkAudit:
    return LinkAudit(
        organisation_id=GROUP,
        audit_id=audit_id,
        works=findings,
        works_seen=seen,
        by="lea",
        at=LATER,
    )


def linked() -> AuditLinked:
    return AuditLinked(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        audit_id="AU1",
        linked_by="lea",
        linked_at=LATER,
    )


def listed(one: Work) -> WorkListed:
    return WorkListed(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        work_id=one.work_id,
        label=one.label,
        level=one.level,
        price=one.price,
        amounts=one.amounts,
        carried_out=False,
        ordinal=0,
        checklist_item_id=None,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
        listed_by="lea",
        listed_at=LATER,
    )


def after(*commands: case.Command) -> Any:
    return CASE.given(*history(create(), *commands))


@pytest.mark.requirement("FLB-099", "G-79")
class TestLinking:
    def test_what_was_found_comes_on_the_list(self) -> None:
        after().when(link(PADS, TYRES)).records(linked(), listed(PADS), listed(TYRES))
        after(list_work()).when(link(PADS, seen=1)).records(linked(), listed(PADS))

    def test_one_that_found_nothing_is_linked_too(self) -> None:
        after().when(link()).records(linked())

    def test_an_audit_comes_in_once_also_when_its_works_were_struck(self) -> None:
        strike = StrikeWork(organisation_id=GROUP, work_id="AU1-001", by="lea", at=LATER)
        after(link(PADS)).when(link(PADS, seen=1)).records_nothing()
        after(link(PADS), strike).when(link(PADS)).records_nothing()

    def test_two_audits_come_in_beside_each_other(self) -> None:
        other = link(replace(PADS, work_id="AU2-001"), seen=1, audit_id="AU2")
        found = state(create(), link(PADS), other)
        assert isinstance(found, case.Pending)
        assert [one.work_id for one in found.dossier.listed] == ["AU1-001", "AU2-001"]

    def test_a_list_that_changed_since_it_was_seen_is_looked_at_again(self) -> None:
        refused = Changed({"works": 0}, {"works": 1})
        after(list_work()).when(link(PADS)).is_rejected(refused)

    def test_a_price_in_another_currency_stays_behind(self) -> None:
        francs = replace(PADS, price=replace(price(), amount=Money(9, "CHF")))
        unpriced = replace(PADS, price=None, amounts=None)
        after().when(link(francs)).records(linked(), listed(unpriced))

    def test_a_case_takes_as_many_as_it_holds(self) -> None:
        many = [replace(TYRES, work_id=f"AU1-{n:03}") for n in range(MOST_WORKS + 1)]
        after().when(link(*many)).is_rejected(TooManyWorks(MOST_WORKS))
        assert isinstance(after().answer(link(*many[:MOST_WORKS])), list)

    def test_a_case_that_is_fixed_takes_none(self) -> None:
        CASE.given(*history(*SENT)).when(link(PADS)).is_rejected(case.CaseIsSent())
        CASE.given(*history(*ANSWERED)).when(link(PADS)).is_rejected(case.CaseIsAnswered())
        after(close()).when(link(PADS)).is_rejected(case.CaseIsClosed())

    def test_sellers_have_no_use_for_them(self) -> None:
        stock = CASE.given(*history(create(Module.USED_VEHICLE_STOCK)))
        stock.when(link(PADS)).is_rejected(NotOfModule(Module.USED_VEHICLE_STOCK))

    @pytest.mark.requirement("G-50")
    def test_a_case_that_is_forgotten_names_them(self) -> None:
        forget = case.ForgetCase(organisation_id=GROUP, at=LATER)
        [event] = after(link(PADS)).answer(forget)
        assert event.audit_ids == ("AU1",)


# --- Over HTTP --------------------------------------------------------------

FINDING = Finding(
    finding_id="pads",
    label="Front brake pads",
    level=audit_v1.WorkLevel.URGENT,
    price=FindingPrice(eur(12_000), audit_v1.PriceMode.INCLUDING_VAT),
)
SHOWN: dict[str, Any] = {
    "label": "Front brake pads",
    "level": "urgent",
    "price": {"amount": {"amount_minor": 12_000, "currency": "EUR"}, "mode": "including_vat"},
}
PROPOSED = {
    "audit_id": "AU1",
    "identifier": "or 48213",
    "auditor_id": "karim",
    "completed_at": "2030-05-01T12:00:00Z",
    "findings": [SHOWN],
    "linked": False,
}
LICENSED = LicencesChanged(
    dealership_id=LILLE,
    organisation_id=GROUP,
    licences=(Licence.ODITOO,),
    changed_by="olga",
    changed_at=NOON,
)


def begun(audit_id: str, identifier: str = "or 48213", dealership_id: str = LILLE) -> AuditBegun:
    return AuditBegun(
        audit_id=audit_id,
        organisation_id=GROUP,
        dealership_id=dealership_id,
        template_id="AT1",
        identifier=identifier,
        auditor_id="karim",
        begun_by="tablet",
        begun_at=NOON,
    )


def completed(audit_id: str, dealership_id: str = LILLE) -> AuditCompleted:
    return AuditCompleted(
        audit_id=audit_id,
        organisation_id=GROUP,
        dealership_id=dealership_id,
        findings=(FINDING,),
        completed_by="tablet",
        completed_at=NOON,
    )


async def proposed(caller: Caller, path: str, query: str = "") -> list[str]:
    answer = await caller.says("lea", "GET", f"{path}/linkable-audits{query}")
    assert answer.is_success, answer.text
    return [one["audit_id"] for one in answer.json()["audits"]]


@pytest.mark.requirement("FLB-098", "FLB-099")
async def test_the_audit_of_the_same_identifier_is_proposed_and_linked(database: str) -> None:
    async with served(database) as caller:
        seen = (begun("AU1"), completed("AU1"), begun("AU2", "EF-456"), completed("AU2"))
        others = (begun("AU3"), begun("AU4", dealership_id=METZ), completed("AU4", METZ))
        await follow(caller.running, LICENSED, *seen, *others)
        path = await caller.made()
        assert (await caller.says("lea", "GET", f"{path}/linkable-audits")).json() == {
            "identifier": "OR-48213",
            "audits": [PROPOSED],
        }
        assert await proposed(caller, path, "?identifier=ef456") == ["AU2"]
        body = {"audit_id": "AU1", "works": 0}
        for _ in range(2):
            done = await caller.says("lea", "POST", f"{path}/audits", body)
            assert done.is_success, done.text
        [listed] = (await caller.shown(path))["works"]
        assert (listed["work_id"], listed["label"]) == ("AU1-001", "Front brake pads")
        stale = await caller.says("lea", "POST", f"{path}/audits", body | {"audit_id": "AU2"})
        assert stale.status_code == 412
        again = (await caller.says("lea", "GET", f"{path}/linkable-audits")).json()
        assert again["audits"] == [PROPOSED | {"linked": True}]


@pytest.mark.requirement("FLB-099", "G-01")
async def test_one_in_progress_or_of_another_dealership_is_not_found(database: str) -> None:
    async with served(database) as caller:
        other = (begun("AU4", dealership_id=METZ), completed("AU4", METZ))
        await follow(caller.running, LICENSED, begun("AU3"), *other)
        path = await caller.made()
        assert await proposed(caller, path) == []
        for audit_id in ("AU3", "AU4", "AU0"):
            body = {"audit_id": audit_id, "works": 0}
            refused = await caller.says("lea", "POST", f"{path}/audits", body)
            assert refused.status_code == 422, refused.text
            assert refused.json()["facts"]["kind"] == "audit"


@pytest.mark.requirement("G-79")
async def test_without_the_licence_none_is_searched_or_linked(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, begun("AU1"), completed("AU1"))
        path = await caller.made()
        body = {"audit_id": "AU1", "works": 0}
        for method, there, sent in (("GET", "linkable-audits", None), ("POST", "audits", body)):
            refused = await caller.says("lea", method, f"{path}/{there}", sent)
            assert (refused.status_code, refused.json()["facts"]["licence"]) == (403, "oditoo")


@pytest.mark.requirement("FLB-157", "G-79")
async def test_a_reminder_takes_the_works_to_do_of_an_audit(database: str) -> None:
    async with served(database) as caller:
        fine = replace(FINDING, finding_id="oil", level=audit_v1.WorkLevel.OK)
        found = replace(completed("AU1"), findings=(FINDING, fine))
        await follow(caller.running, begun("AU1"), found)
        path = f"/dealerships/{LILLE}/completed-audits?identifier=OR.48213"
        unlicensed = await caller.says("lea", "GET", path)
        assert unlicensed.json()["facts"]["licence"] == "oditoo"
        await follow(caller.running, LICENSED)
        price = SHOWN["price"]["amount"]
        work = {"work_id": "AU1-001", "label": "Front brake pads", "level": "urgent"}
        [audit] = (await caller.says("lea", "GET", path)).json()["audits"]
        assert audit == {
            "audit_id": "AU1",
            "identifier": "or 48213",
            "completed_at": "2030-05-01T12:00:00Z",
            "works": [work | {"price": price}],
        }
        assert (await caller.says("paul", "GET", path)).status_code == 404
        assert (await caller.says("sami", "GET", path)).status_code == 403


@pytest.mark.requirement("G-50")
async def test_one_that_is_forgotten_is_found_by_nothing(database: str) -> None:
    async with served(database) as caller:
        gone = audit_v1.SubjectForgotten(
            audit_id="AU1", organisation_id=GROUP, dealership_id=LILLE, forgotten_at=NOON
        )
        await follow(caller.running, LICENSED, begun("AU1"), completed("AU1"), gone)
        path = await caller.made()
        assert await proposed(caller, path) == []
        assert await proposed(caller, path, "?identifier=XXXX") == []
