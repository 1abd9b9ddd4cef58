"""The history of cases, who sees which of them, and the page of one."""

from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any
from urllib.parse import urlencode

import pytest

from contracts.interventions.case_v1 import InvitationOutcome, Module, WorkLevel
from contracts.runtime import REDACTED
from infra.testing.following import user
from infra.tokens import Role
from services.views.dealer.cases import Case, project
from services.views.dealer.tests.cases import (
    accepted,
    answered,
    assigned,
    closed,
    contact_requested,
    created,
    customer,
    deleted,
    followed,
    forgotten,
    invited,
    listed,
    measured,
    paid,
    read,
    refused,
    renamed,
    revised,
    sent,
    struck,
    tablet,
    undelivered,
    vehicle,
    version,
    visit_asked,
    visit_dropped,
    visit_rated,
)
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, later
from services.views.dealer.tests.stage import Caller, Dealer, served

DONE = (
    *(created(), customer(), vehicle(), listed(), listed("tyres", ordinal=2), assigned()),
    *(version(), sent(), invited(), followed(), read(), refused(), accepted(), answered()),
)
STOCK = Module.USED_VEHICLE_STOCK
MESSAGE = Module.DIRECT_MESSAGE
DAY = date(2030, 5, 8)


def row(*events: Any) -> Case:
    found: Case | None = reduce(project, events, None)
    assert found is not None
    return found


async def ids(ask: Caller, query: str = "", role: Role = "administrative_agent", **at: Any) -> Any:
    """The ids of the cases that somebody finds."""
    answer = await ask.ask(f"/cases{query}", role, **at)
    assert answer.status_code == 200, answer.text
    return [one["case_id"] for one in answer.json()["items"]]


@pytest.mark.requirement("FLB-068", "T-21")
async def test_the_list_begins_with_the_newest_case(dealer: Dealer) -> None:
    await dealer.saw(created("d2", at=later(-5)), created(), created("d3", at=later(5)))
    async with served(dealer) as ask:
        assert await ids(ask) == ["d3", "d1", "d2"]


@pytest.mark.requirement("FLB-076")
async def test_a_case_of_the_list_says_how_it_stands(dealer: Dealer) -> None:
    await dealer.saw(user("nadia", GROUP), *DONE)
    async with served(dealer) as ask:
        [found] = (await ask.shown("/cases"))["items"]
    assert found == LISTED


@pytest.mark.requirement("FLB-174")
async def test_a_case_that_was_paid_online_is_marked_in_the_list_and_beside_its_works(
    dealer: Dealer,
) -> None:
    await dealer.saw(*DONE, created("d2", at=later(1)), paid("d1", "pads", 12_000))
    async with served(dealer) as ask:
        unpaid, marked = (await ask.shown("/cases"))["items"]
        works = (await ask.shown("/cases/d1"))["list_of_works"]
    assert unpaid["payment"] is None
    assert marked["payment"] == {
        "charge_id": "charge-d1",
        "total": {"amount_minor": 12_000, "currency": "EUR"},
        "refunded": {"amount_minor": 0, "currency": "EUR"},
        "paid_at": NOON.isoformat().replace("+00:00", "Z"),
    }
    assert [(one["work_id"], one["paid"]) for one in works] == [("pads", True), ("tyres", False)]


@pytest.mark.requirement("FLB-076", "FLB-072", "FLB-075", "FLB-079")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mode=after_sales", ["d1"]),
        ("mode=sales", ["d2"]),
        ("module=direct_message", ["d2"]),
        ("author_id=karim", ["d1"]),
        ("sender_id=nadia", ["d1"]),
        ("assignee_id=nadia", ["d1"]),
        ("status=sent", ["d1"]),
        ("status=pending_send", ["d2"]),
        ("status=closed", ["d3"]),
        ("brand=peugeot", ["d2"]),
        (f"dealership_id={LYON}", ["d2", "d1"]),
        (f"dealership_id={PARIS}", []),
        ("mine=true", ["d1"]),
        ("closed=true", ["d3", "d2", "d1"]),
        ("", ["d2", "d1"]),
    ],
)
async def test_the_list_is_narrowed(dealer: Dealer, query: str, found: list[str]) -> None:
    other = created("d2", MESSAGE, at=later(1), author_id="omar", brand="peugeot")
    over = created("d3", at=later(2), author_id="omar")
    await dealer.saw(created(), assigned(), sent(), other, over, closed("d3"))
    async with served(dealer) as ask:
        assert await ids(ask, f"?{query}") == found


@pytest.mark.requirement("FLB-074", "FLB-068")
@pytest.mark.parametrize(
    "typed",
    [
        "or-48213",
        "48213",
        "lefevre",
        "LEFÈVRE cam",
        "ab123",
        "\u0410\u0412-123-CD",
        "vf1rfb",
        "06 12 34 56 78",
        "+33 6 12 34",
        "camille@example",
    ],
)
async def test_a_case_is_found_however_it_is_written(dealer: Dealer, typed: str) -> None:
    await dealer.saw(created(), customer(), vehicle(), created("d2", reference="OR-2"))
    async with served(dealer) as ask:
        assert await ids(ask, f"?{urlencode({'q': typed})}") == ["d1"]


@pytest.mark.requirement("FLB-040")
async def test_a_case_whose_reference_is_a_plate_is_found_by_it(dealer: Dealer) -> None:
    await dealer.saw(created(reference="AB-123-CD"))
    async with served(dealer) as ask:
        assert await ids(ask, "?q=ab123cd") == ["d1"]


@pytest.mark.requirement("G-89", "FLB-019", "FLB-075")
@pytest.mark.parametrize(
    ("role", "at", "org", "seen"),
    [
        ("administrative_agent", (LYON,), GROUP, ["car", "sale", "shop"]),
        ("device", (LYON,), GROUP, ["car", "sale", "shop"]),
        ("dealership_manager", (PARIS,), GROUP, ["car", "paris"]),
        ("group_manager", (), GROUP, ["car", "paris", "sale", "shop"]),
        ("sales_representative", (LYON,), GROUP, ["car", "sale"]),
        ("sales_representative", (PARIS,), GROUP, ["car"]),
        ("administrative_agent", (), GROUP, []),
        ("group_manager", (), "elsewhere", []),
    ],
)
async def test_people_see_the_cases_of_their_dealerships_and_modes(
    dealer: Dealer, role: Role, at: tuple[str, ...], org: str, seen: list[str]
) -> None:
    await dealer.saw(
        *(created("shop"), created("sale", MESSAGE), created("car", STOCK)),
        created("paris", dealership_id=PARIS),
    )
    async with served(dealer) as ask:
        assert sorted(await ids(ask, "", role, at=at, org=org)) == seen
        for id in ("shop", "sale", "car", "paris"):
            page = await ask.ask(f"/cases/{id}", role, at, org)
            assert page.status_code == (200 if id in seen else 404)


async def test_nobody_else_sees_cases(dealer: Dealer) -> None:
    async with served(dealer) as ask:
        assert (await ask.ask("/cases", "logistics")).status_code == 403


async def test_the_list_is_a_table_too(dealer: Dealer) -> None:
    await dealer.saw(*DONE)
    async with served(dealer) as ask:
        answer = await ask.ask("/cases?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "OR-48213" in answer.text


@pytest.mark.requirement("FLB-083", "G-46")
async def test_the_page_shows_works_messages_and_history(dealer: Dealer) -> None:
    await dealer.saw(user("nadia", GROUP), *DONE)
    async with served(dealer) as ask:
        found = await ask.shown("/cases/d1")
    assert found.pop("list_of_works") == WORKS
    assert found.pop("deliveries") == [DELIVERED]
    steps = [(o["what"], o["by"] and o["by"]["name"], o["recipient_id"]) for o in found["history"]]
    assert steps[:5] == [
        ("answered", None, "customer"),
        ("line_accepted", None, "customer"),
        ("line_refused", None, "customer"),
        ("read", None, "customer"),
        ("sent", "Ada Martin", None),
    ]
    assert (steps[-1][0], len(steps)) == ("created", 12)
    assert {name: found[name] for name in LISTED} == LISTED
    assert (found["vin"], found["mileage_km"], found["phone"]) == (
        "VF1RFB00066123456",
        84_210,
        "+33612345678",
    )


@pytest.mark.requirement("FLB-050", "FLB-016", "FLB-033")
async def test_people_and_devices_are_named_as_they_are_called_now(dealer: Dealer) -> None:
    await dealer.saw(user("nadia", GROUP), renamed("nadia", "Nadia Zidane"), *tablet("tablet-3"))
    await dealer.saw(created(author_id="tablet-3"), customer())
    async with served(dealer) as ask:
        found = await ask.shown("/cases/d1")
        items = (await ask.shown("/cases"))["items"]
    steps = {one["what"]: one["by"] for one in found["history"]}
    assert steps["created"] == {"user_id": "tablet-3", "name": "pont-2"}
    assert steps["customer_named"] == {"user_id": "nadia", "name": "Nadia Zidane"}
    assert items[0]["author"] == {"user_id": "tablet-3", "name": "pont-2"}


@pytest.mark.requirement("G-50", "FLB-123")
async def test_an_anonymised_case_keeps_amounts_and_dates_alone(dealer: Dealer) -> None:
    await dealer.saw(*DONE, forgotten())
    async with served(dealer) as ask:
        found = await ask.shown("/cases/d1")
        assert await ids(ask, "?q=lefevre") == []
    texts = ("reference", "last_name", "first_name", "plate", "vin", "email", "phone", "title")
    assert {found[name] for name in texts} == {"X"}
    assert {one["label"] for one in found["list_of_works"]} == {"X"}
    assert found["anonymised"]
    assert found["accepted"]["including_vat"]["amount_minor"] == 12_000


@pytest.mark.requirement("SM-13")
@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), "pending_send"),
        ((sent(),), "sent"),
        ((sent(), undelivered()), "pending_send"),
        ((sent(), read()), "read"),
        ((read(),), "read"),
        ((sent(), read(), revised()), "pending_send"),
        ((sent(), read(), answered()), "answered"),
        ((sent(), answered(), read()), "answered"),
        ((sent(), closed()), "closed"),
        ((sent(), closed(), read()), "closed"),
    ],
)
def test_a_case_stands_where_its_facts_left_it(events: tuple[Any, ...], status: str) -> None:
    assert row(created(), *events).status == status


async def test_the_score_of_a_visit_is_in_the_list_and_its_course_in_the_case(
    dealer: Dealer,
) -> None:
    over = (closed(), visit_asked(), visit_rated(), contact_requested())
    await dealer.saw(*DONE, *over)
    async with served(dealer) as ask:
        [listed_there] = (await ask.shown("/cases?closed=true"))["items"]
        found = await ask.shown("/cases/d1")
    assert (listed_there["visit_score"], listed_there["contact"]) == (6, "requested")
    assert (found["visit_score"], found["status"]) == (6, "closed")
    steps = [(one["what"], one["recipient_id"]) for one in found["history"][:4]]
    assert steps == [
        ("contact_requested", "customer"),
        ("visit_rated", "customer"),
        ("visit_question_asked", None),
        ("closed", None),
    ]


@pytest.mark.parametrize(
    ("level", "due_on", "overridden"),
    [("URGENT", DAY, False), ("ADVISED", DAY, True), ("URGENT", None, True)],
)
async def test_what_was_measured_is_beside_what_was_said(
    dealer: Dealer, level: str, due_on: date | None, overridden: bool
) -> None:
    said = replace(measured(), level=WorkLevel[level], due_on=due_on)
    await dealer.saw(created(), said)
    async with served(dealer) as ask:
        [work] = (await ask.shown("/cases/d1"))["list_of_works"]
    assert work["level"] == level.lower()
    assert work["measured"] == {
        "unit": "millimetre",
        "thousandths": 2_800,
        "level": "urgent",
        "due_on": DAY.isoformat(),
        "advised_below_thousandths": 5_000,
        "urgent_below_thousandths": 3_000,
        "overridden": overridden,
    }


async def test_a_value_that_no_checklist_explains_is_shown_alone(dealer: Dealer) -> None:
    await dealer.saw(created(), replace(measured(), assessment=None))
    async with served(dealer) as ask:
        [work] = (await ask.shown("/cases/d1"))["list_of_works"]
    alone = {"unit": "millimetre", "thousandths": 2_800, "overridden": False}
    nothing = ("level", "due_on", "advised_below_thousandths", "urgent_below_thousandths")
    assert work["measured"] == {**alone, **dict.fromkeys(nothing)}


def test_a_customer_who_was_not_asked_gave_no_score() -> None:
    found = row(*DONE, closed(), visit_dropped())
    assert (found.visit_score, found.steps[-1].about) == (None, "switched_off")
    assert row(*DONE, closed(), visit_asked(), visit_rated(0)).visit_score == 0


@pytest.mark.requirement("FLB-107")
def test_a_deleted_case_is_none_any_more() -> None:
    events: tuple[Any, ...] = (created(), closed(), deleted(), forgotten())
    found: Case | None = reduce(project, events, None)
    assert found is None


def test_a_work_that_was_struck_is_on_no_list() -> None:
    assert row(created(), listed(), struck()).works == ()


def test_what_is_told_twice_changes_nothing() -> None:
    assert row(*DONE, *DONE[1:]) == row(*DONE)


def test_a_case_whose_key_is_gone_is_found_by_nothing() -> None:
    assert (
        row(created(reference=REDACTED), customer(last_name=REDACTED, phone=REDACTED)).search == ""
    )


def test_a_message_that_failed_says_so() -> None:
    [one] = row(created(), invited(), followed(InvitationOutcome.FAILED)).deliveries
    assert (one.outcome, one.channel) == ("failed", "email")


def euros(including: int) -> dict[str, Any]:
    excluding = including * 5 // 6
    parts = {"excluding_vat": excluding, "vat": including - excluding, "including_vat": including}
    return {name: {"amount_minor": one, "currency": "EUR"} for name, one in parts.items()}


LISTED = {
    "case_id": "d1",
    "payment": None,
    "dealership_id": LYON,
    "mode": "after_sales",
    "module": "mechanical",
    "brand": "renault",
    "reference": "OR-48213",
    "status": "answered",
    "last_name": "Lefèvre",
    "first_name": "Camille",
    "plate": "AB-123-CD",
    "author": {"user_id": "karim", "name": ""},
    "sender": {"user_id": "nadia", "name": "Ada Martin"},
    "assignee": {"user_id": "nadia", "name": "Ada Martin"},
    "works": 2,
    "proposed": euros(24_000),
    "accepted": euros(12_000),
    "contact": "none",
    "visit_score": None,
    "answer_by": None,
    "created_at": "2030-05-01T12:00:00Z",
    "changed_at": "2030-05-01T12:09:00Z",
    "sent_at": "2030-05-01T12:05:00Z",
    "answered_at": "2030-05-01T12:09:00Z",
    "closed_at": None,
    "anonymised": False,
}
WORKS = [
    {
        "work_id": id,
        "label": id.title(),
        "level": "urgent",
        "price": euros(12_000),
        "carried_out": False,
        "due_on": None,
        "due_mileage_km": None,
        "source": None,
        "paid": False,
        "accepted": accepted,
        "measured": None,
        "risk_acknowledged": not accepted,
    }
    for id, accepted in (("pads", False), ("tyres", True))
]
DELIVERED = {
    "invitation_id": "S1-customer-email",
    "recipient_id": "customer",
    "version": 1,
    "kind": "proposal",
    "channel": "email",
    "invited_at": "2030-05-01T12:05:00Z",
    "outcome": "delivered",
    "followed_at": "2030-05-01T12:06:00Z",
}
