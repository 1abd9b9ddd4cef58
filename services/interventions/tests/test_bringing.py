"""Lines of other cases come into a work report, and into a new proposal, over HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.customers.customer_v1 import CaseLinked, CustomersMerged, LinkReason
from contracts.dealerships.dealership_v1 import Module, Modules
from contracts.interventions.case_v1 import WorkListed, WorkSource, WorkTakenUp
from infra.testing.following import NOON, follow
from services.interventions import case
from services.interventions.case.bringing import CaseOfOtherVehicle, Marks, PutOff, TakeUpWorks
from services.interventions.case.content import NotOfModule
from services.interventions.tests.make import GROUP, LILLE, create, history, list_work, state
from services.interventions.tests.make import NOON as THEN
from services.interventions.tests.serving import SENDING, WORK, Caller, served, settings
from services.interventions.tests.test_customers import recorded
from services.interventions.tests.test_work_reports import NAMED, VIN, line

TYRES: dict[str, Any] = WORK | {"label": "Tyres", "due_on": "2040-11-06", "due_mileage_km": 95_000}
VEHICLE = {"vin": VIN, "plate": "AB-123-CD"}
ON = settings(modules=Modules(modules=(Module.MECHANICAL, Module.WORK_REPORT)))


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


async def answered_case(caller: Caller, key: str = "case-1", **vehicle: str) -> str:
    """The path of a case of which the pads were accepted and the tyres refused."""
    path = await caller.filled(key=key)
    await caller.says("lea", "PUT", f"{path}/works/tyres", TYRES)
    await caller.says("lea", "PUT", f"{path}/vehicle", VEHICLE | vehicle)
    seen = {"works": 2, "media": 0, "proposed": {"amount_minor": 21_600, "currency": "EUR"}}
    await caller.says("lea", "POST", f"{path}/sending", SENDING | {"seen": seen})
    body = {
        "version": 1,
        "accepted": ["pads"],
        "risks_acknowledged": ["tyres"],
        "origin": "phone",
    }
    answer = await caller.says("lea", "PUT", f"{path}/answer", body)
    assert answer.is_success, answer.text
    return path


async def report_of(caller: Caller, *paths: str, key: str = "report-1") -> str:
    report = await caller.made(key=key, module="work_report")
    body = {"case_ids": [id_of(one) for one in paths]}
    answer = await caller.says("lea", "POST", f"{report}/imports", body)
    assert answer.is_success, answer.text
    return report


def linked(path: str, customer_id: str, hours: int = 0) -> CaseLinked:
    return CaseLinked(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=id_of(path),
        contact_id=customer_id,
        reason=LinkReason.PHONE,
        linked_at=NOON + timedelta(hours=hours),
    )


# --- Work reports -----------------------------------------------------------


@pytest.mark.requirement("FLB-112", "FLB-113", "FLB-114", "FLB-115", "FLB-116")
async def test_a_report_is_made_of_answered_cases_and_shows_every_field(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        path = await answered_case(caller)
        shown = await caller.shown(await report_of(caller, path))
        assert shown["imported_cases"] == [id_of(path)]
        assert (shown["customer"]["last_name"], shown["vehicle"]["vin"]) == ("Moreau", VIN)
        done, planned = shown["works"]
        assert (done["carried_out"], done["due_on"], done["source"]) == (
            *(True, None),
            {"case_id": id_of(path), "work_id": "pads"},
        )
        assert (planned["carried_out"], planned["due_on"], planned["due_mileage_km"]) == (
            *(False, "2040-11-06"),
            95_000,
        )
        assert planned["paid"] is False
        assert shown["carried_out"]["including_vat"]["amount_minor"] == 10_800


@pytest.mark.requirement("G-47")
@pytest.mark.parametrize(
    ("which", "status", "problem"),
    [
        ("again", 409, "case-is-imported-already"),
        ("unanswered", 422, "imported-case-not-answered"),
        ("other_customer", 422, "case-of-other-customer"),
        ("other_vehicle", 422, "case-of-other-vehicle"),
        ("nowhere", 422, "unknown-reference"),
        ("elsewhere", 422, "unknown-reference"),
    ],
)
async def test_a_report_takes_no_other_cases(
    database: str, which: str, status: int, problem: str
) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        path = await answered_case(caller)
        report = await report_of(caller, path)
        others = {"again": path, "nowhere": "/cases/J404"}
        others["unanswered"] = await caller.filled(key="case-2")
        others["elsewhere"] = await caller.made("paul", key="case-3", dealership_id="GMETZ")
        others["other_customer"] = await answered_case(caller, "case-4")
        others["other_vehicle"] = await answered_case(caller, "case-5", vin="VF1RFB00066123457")
        links = [linked(one, "claire") for one in (path, report, others["other_vehicle"])]
        await follow(caller.running, recorded("claire"), *links)
        body = {"case_ids": [id_of(others[which])]}
        answer = await caller.says("lea", "POST", f"{report}/imports", body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)


MERGED = CustomersMerged(
    customer_id="claire-again",
    organisation_id=GROUP,
    dealership_id=LILLE,
    survivor_id="claire",
    merged_by="lea",
    merged_at=NOON,
)


@pytest.mark.requirement("G-47")
async def test_answered_cases_of_the_customer_are_offered_until_they_are_in(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        first, later = await answered_case(caller), await answered_case(caller, "case-2")
        other = await answered_case(caller, "case-3", vin="VF1RFB00066123457")
        closed = await answered_case(caller, "case-4")
        await caller.says("lea", "PUT", f"{closed}/closing")
        report = await report_of(caller, first)
        of_claire = [
            linked(one, "claire", n) for n, one in enumerate((first, other, closed, report))
        ]
        known = [recorded("claire"), recorded("claire-again"), MERGED]
        await follow(caller.running, *known, *of_claire, linked(later, "claire-again", 1))
        answer = await caller.says("lea", "GET", f"{report}/importable-cases")
        offered = answer.json()["cases"]
        assert [one["case_id"] for one in offered] == [id_of(closed), id_of(later)]
        assert [(one["label"], one["accepted"]) for one in offered[0]["lines"]] == [
            ("Front brake pads", True),
            ("Tyres", False),
        ]
        body = {"case_ids": [one["case_id"] for one in offered]}
        taken = await caller.says("lea", "POST", f"{report}/imports", body)
        assert taken.is_success, taken.text


async def test_cases_are_offered_to_a_work_report_alone(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made()
        answer = await caller.says("lea", "GET", f"{path}/importable-cases")
        assert answer.status_code == 409


# --- Works that were put off ------------------------------------------------


async def test_works_that_were_put_off_are_proposed_again_in_one_step(database: str) -> None:
    async with served(database) as caller:
        path = await answered_case(caller)
        new = await caller.made(key="case-2")
        await caller.says("lea", "PUT", f"{new}/vehicle", {"plate": "ab 123 cd"})
        body = {"lines": [{"case_id": id_of(path), "work_id": "tyres"}]}
        answer = await caller.says("lea", "POST", f"{new}/taken-up-works", body)
        assert answer.is_success, answer.text
        [work] = (await caller.shown(new))["works"]
        assert (work["label"], work["due_on"], work["source"]["work_id"]) == (
            *("Tyres", "2040-11-06"),
            "tyres",
        )
        events = (await caller.says("lea", "GET", f"{new}/history")).json()["items"]
        assert events[-1]["type"] == "relais.interventions.case.v1.work_taken_up"


@pytest.mark.parametrize("work_id", ["pads", "nothing"])
async def test_only_what_was_put_off_is_taken_up(database: str, work_id: str) -> None:
    async with served(database) as caller:
        path = await answered_case(caller)
        new = await caller.made(key="case-2")
        await caller.says("lea", "PUT", f"{new}/vehicle", VEHICLE)
        body = {"lines": [{"case_id": id_of(path), "work_id": work_id}]}
        answer = await caller.says("lea", "POST", f"{new}/taken-up-works", body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (
            *(422,),
            "line-is-not-open",
        )


async def test_what_a_report_planned_is_taken_up_with_where_it_came_from(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        path = await answered_case(caller)
        report = await report_of(caller, path)
        planned = (await caller.shown(report))["works"][1]["work_id"]
        new = await caller.made(key="case-2")
        await caller.says("lea", "PUT", f"{new}/vehicle", VEHICLE)
        body = {"lines": [{"case_id": id_of(report), "work_id": planned}]}
        early = await caller.says("lea", "POST", f"{new}/taken-up-works", body)
        assert early.status_code == 422
        price = {"amount_minor": 10_800, "currency": "EUR"}
        seen = {"works": 2, "media": 0, "proposed": price, "carried_out": price}
        sent = await caller.says("lea", "POST", f"{report}/sending", SENDING | {"seen": seen})
        assert sent.is_success, sent.text
        answer = await caller.says("lea", "POST", f"{new}/taken-up-works", body)
        assert answer.is_success, answer.text


PLATE = Marks(vin=None, plate="AB123CD")


def take_up(*lines: PutOff, marks: Marks = PLATE) -> TakeUpWorks:
    return TakeUpWorks(organisation_id=GROUP, marks=marks, lines=lines, by="lea", at=THEN)


def open_line(id: str = "tyres", marks: Marks = PLATE, source: str | None = None) -> PutOff:
    work = line(id).work
    if source:
        from_case = WorkSource(case_id=source, work_id=id)
        work = replace(work, source=from_case)
    return PutOff(work_id=f"J1-{id}", case_id="J1", work=work, marks=marks)


def test_the_fact_names_the_line_and_the_one_that_it_came_from() -> None:
    events = history(create(), take_up(open_line(source="J0")))
    [listed] = [one for one in events if isinstance(one, WorkListed)]
    [taken] = [one for one in events if isinstance(one, WorkTakenUp)]
    own = WorkSource(case_id="J1", work_id="tyres")
    assert (listed.source, taken.work_id) == (own, listed.work_id)
    assert taken.sources == (own, WorkSource(case_id="J0", work_id="tyres"))


def test_a_work_that_is_there_is_taken_up_no_second_time() -> None:
    again = case.decide(take_up(open_line()), state(create(), take_up(open_line())))
    assert again == []


@pytest.mark.parametrize("marks", [Marks(vin=None, plate="ZZ999ZZ"), Marks(vin=VIN, plate=None)])
def test_a_work_of_another_vehicle_is_not_taken_up(marks: Marks) -> None:
    command = take_up(open_line(marks=marks))
    assert case.decide(command, state(create())) == CaseOfOtherVehicle("J1")


def test_a_report_takes_up_nothing_and_a_sent_case_neither() -> None:
    report = state(*NAMED)
    assert isinstance(case.decide(take_up(open_line()), report), NotOfModule)
    full = state(create(), list_work("J1-tyres"))
    assert case.decide(take_up(open_line()), full) == []
