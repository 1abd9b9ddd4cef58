"""The list of reminders, what goes out next, and who sees them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any
from urllib.parse import urlencode

import pytest

from contracts import dealers
from contracts.dealerships.dealership_v1 import SettingsChanged
from contracts.reminders.reminder_v1 import ReminderMessage, WorkEnd
from infra.consumers.views import OutOfOrder
from infra.tokens import Role
from services.views.dealer.reminders import Reminder, project
from services.views.dealer.tests import cases
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, erased, recorded
from services.views.dealer.tests.reminders import (
    FOLLOW_UP_AT,
    SEND_AT,
    SEND_ON,
    accepted,
    answered,
    call_asked,
    closed,
    contact_requested,
    created,
    due_work,
    ended,
    held,
    planned,
    read,
    refused,
    released,
    sent,
    stopped,
    undelivered,
    works_changed,
)
from services.views.dealer.tests.stage import Caller, Dealer, served
from services.views.dealer.tests.test_statistics import dealership

CASE = (cases.created(), cases.customer(), cases.vehicle())
AGAIN = ReminderMessage.OTHER_CHANNEL
POLITELY = ReminderMessage.FOLLOW_UP
YESTERDAY = date(2030, 4, 30)
PAST = datetime(2030, 4, 30, 7, 0, tzinfo=UTC)


def row(*events: Any) -> Reminder:
    found: Reminder | None = reduce(project, events, None)
    assert found is not None
    return found


async def ids(ask: Caller, query: str = "", role: Role = "administrative_agent", **at: Any) -> Any:
    """The ids of the reminders that somebody finds."""
    answer = await ask.ask(f"/reminders{query}", role, **at)
    assert answer.status_code == 200, answer.text
    return [one["reminder_id"] for one in answer.json()["items"]]


def automatic(**said: Any) -> SettingsChanged:
    """Lyon lets its reminders go out by themselves."""
    allowed: dict[str, Any] = {"reminders_allowed": True, "reminders_automatic": True}
    return SettingsChanged(
        dealership_id=LYON,
        organisation_id=GROUP,
        brand=None,
        settings=replace(dealers.NOTHING_SAID, **(allowed | said)),
        changed_by="maya",
        changed_at=NOON,
    )


WORKS = [
    {
        "work_id": "belt",
        "label": "Belt",
        "level": "advised",
        "price": {"amount_minor": 64_000, "currency": "EUR"},
        "due_on": "2030-05-21",
        "due_mileage_km": 90_000,
        "case_id": "d1",
        "accepted": None,
        "end": None,
        "by_case_id": None,
    },
    {
        "work_id": "pads",
        "label": "Pads",
        "level": "urgent",
        "price": {"amount_minor": 12_000, "currency": "EUR"},
        "due_on": "2030-05-21",
        "due_mileage_km": 90_000,
        "case_id": "d1",
        "accepted": None,
        "end": None,
        "by_case_id": None,
    },
]
CAMILLE = {
    "customer_id": "c1",
    "last_name": "Lefèvre",
    "first_name": "Camille",
    "email": "camille.lefevre@example.org",
    "phone": "+33612345678",
}
CASES = [{"case_id": "d1", "reference": "OR-48213", "plate": "AB-123-CD"}]
LISTED = {
    "reminder_id": "r1",
    "dealership_id": LYON,
    "brand": "citroen",
    "cause": "work_report",
    "status": "pending_send",
    "overdue": False,
    "send_on": "2030-05-11",
    "send_at": "2030-05-11T07:00:00Z",
    "held": False,
    "failure": None,
    "customer": CAMILLE,
    "cases": CASES,
    "works": WORKS,
    "open_works": 2,
    "proposed": {"amount_minor": 76_000, "currency": "EUR"},
    "contact": "none",
    "call_asked": False,
    "choice": None,
    "accepted": None,
    "stop_reason": None,
    "created_at": "2030-05-01T12:00:00Z",
}


@pytest.mark.requirement("FLB-148", "FLB-149")
async def test_a_reminder_of_the_list_says_how_it_stands(dealer: Dealer) -> None:
    await dealer.saw(recorded(), *CASE, created())
    async with served(dealer) as ask:
        [found] = (await ask.shown("/reminders"))["items"]
    assert found == LISTED


@pytest.mark.requirement("FLB-148", "FLB-159", "FLB-162")
async def test_an_answered_one_says_what_was_chosen(dealer: Dealer) -> None:
    history = (sent(), read(), contact_requested(), accepted(), refused(), answered())
    await dealer.saw(created(), *history, ended())
    async with served(dealer) as ask:
        [found] = (await ask.shown("/reminders"))["items"]
    assert (found["status"], found["choice"], found["contact"]) == (
        "answered",
        "booked",
        "requested",
    )
    assert found["accepted"] == {"amount_minor": 64_000, "currency": "EUR"}
    assert [(one["accepted"], one["end"], one["by_case_id"]) for one in found["works"]] == [
        (True, "carried_out", "d9"),
        (False, None, None),
    ]
    assert (found["open_works"], found["proposed"]["amount_minor"]) == (1, 12_000)
    # Nothing is known of the customer but the id.
    assert [*found["customer"].values()] == ["c1", None, None, None, None]
    assert found["cases"] == [{"case_id": "d1", "reference": None, "plate": None}]


@pytest.mark.requirement("FLB-148", "T-08")
@pytest.mark.parametrize(
    ("history", "overdue"),
    [
        # It is noon of 1 May at UTC.
        ((created(send_on=date(2030, 5, 1)),), False),
        ((created(send_on=YESTERDAY),), True),
        ((created(send_on=YESTERDAY), sent(on=YESTERDAY)), False),
        ((created(), sent(), undelivered()), True),
        ((created(send_on=YESTERDAY), planned(SEND_ON, SEND_AT)), False),
        ((created(send_on=YESTERDAY), stopped()), False),
    ],
)
async def test_what_was_not_sent_is_overdue_once_its_day_is_over(
    dealer: Dealer, history: tuple[Any, ...], overdue: bool
) -> None:
    await dealer.saw(*history)
    async with served(dealer) as ask:
        [found] = (await ask.shown("/reminders"))["items"]
        assert await ids(ask, "?overdue=true") == (["r1"] if overdue else [])
    assert found["overdue"] is overdue


@pytest.mark.requirement("FLB-148")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["r2", "r1"]),
        ("direction=descending", ["r1", "r2"]),
        ("order=works", ["r2", "r1"]),
        ("order=customer", ["r1", "r2"]),
        ("order=status", ["r1", "r2"]),
        ("order=status&direction=descending", ["r2", "r1"]),
        ("status=sent", ["r2"]),
        ("held=true", ["r1"]),
        ("brand=renault", ["r2"]),
        (f"dealership_id={PARIS}", []),
        ("contact=requested", ["r2"]),
        ("from_day=2030-05-11", ["r1"]),
        ("until_day=2030-05-10", ["r2"]),
        ("from_day=2030-05-10&until_day=2030-05-11", ["r2", "r1"]),
        (urlencode({"q": "lefèv"}), ["r1"]),
        (urlencode({"q": "AB 123 CD"}), ["r1"]),
        (urlencode({"q": "or-48213"}), ["r1"]),
        (urlencode({"q": "zoé"}), ["r2"]),
    ],
)
async def test_the_list_is_narrowed_and_sorted(
    dealer: Dealer, query: str, expected: list[str]
) -> None:
    day = date(2030, 5, 10)
    lone = created("r2", due_work(), send_on=day, customer_id="c2", case_id=None, brand="renault")
    zoe = recorded("c2", "Zoé", "Anne", "zoe@example.org", "+33611111111")
    await dealer.saw(recorded(), zoe, *CASE, created(), held(), lone)
    await dealer.saw(sent("r2", on=day), contact_requested("r2"))
    async with served(dealer) as ask:
        assert await ids(ask, f"?{query}") == expected


@pytest.mark.requirement("FLB-148")
async def test_each_order_goes_on_where_the_page_before_ended(dealer: Dealer) -> None:
    await dealer.saw(*(created(f"r{n}") for n in range(1, 4)))
    async with served(dealer) as ask:
        for column in ("send_date", "customer", "works", "status"):
            for direction in ("ascending", "descending"):
                query = f"/reminders?order={column}&direction={direction}&limit=2"
                first = await ask.shown(query)
                rest = await ask.shown(f"{query}&cursor={first['next']}")
                seen = [one["reminder_id"] for one in (*first["items"], *rest["items"])]
                assert sorted(seen) == ["r1", "r2", "r3"]


async def test_days_the_wrong_way_round_are_refused(dealer: Dealer) -> None:
    async with served(dealer) as ask:
        query = "/reminders?from_day=2030-05-11&until_day=2030-05-10"
        answer = await ask.ask(query)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["query:until_day"]


@pytest.mark.requirement("G-57")
async def test_the_list_is_a_file_too(dealer: Dealer) -> None:
    await dealer.saw(recorded(), *CASE, created())
    async with served(dealer) as ask:
        answer = await ask.ask("/reminders?format=csv")
    head, line = answer.text.splitlines()
    assert head.startswith("reminder_id,dealership_id,brand,cause,status,overdue,send_on")
    assert line.startswith("r1,lyon,citroen,work_report,pending_send,false,2030-05-11")
    assert "customer.last_name" in head


@pytest.mark.requirement("FLB-155")
async def test_one_that_was_deleted_is_not_shown(dealer: Dealer) -> None:
    await dealer.saw(created(), closed())
    async with served(dealer) as ask:
        assert await ids(ask) == []


@pytest.mark.requirement("FLB-147", "FLB-017")
@pytest.mark.parametrize(
    ("role", "at", "org", "seen"),
    [
        ("administrative_agent", (LYON,), GROUP, ["r1"]),
        ("administrative_agent", (LYON, PARIS), GROUP, ["r1", "r2"]),
        ("dealership_manager", (PARIS,), GROUP, ["r2"]),
        ("group_manager", (), GROUP, ["r1", "r2"]),
        ("group_manager", (), "other", []),
    ],
)
async def test_reminders_are_for_their_dealership_alone(
    dealer: Dealer, role: Role, at: tuple[str, ...], org: str, seen: list[str]
) -> None:
    await dealer.saw(created(), created("r2", dealership_id=PARIS))
    async with served(dealer) as ask:
        assert await ids(ask, "", role, at=at, org=org) == seen
        answer = await ask.ask("/upcoming-messages", role, at=at, org=org)
    assert [one["reminder_id"] for one in answer.json()["items"]] == seen


@pytest.mark.requirement("FLB-147")
@pytest.mark.parametrize("role", ["sales_representative", "device", "auditor"])
async def test_reminders_are_not_for_sellers(dealer: Dealer, role: Role) -> None:
    async with served(dealer) as ask:
        for path in ("/reminders", "/upcoming-messages"):
            assert (await ask.ask(path, role)).status_code == 403


@pytest.mark.requirement("G-50")
async def test_of_an_erased_customer_nothing_is_shown(dealer: Dealer) -> None:
    await dealer.saw(recorded(), erased(), created(case_id=None))
    async with served(dealer) as ask:
        [found] = (await ask.shown("/reminders"))["items"]
    assert [*found["customer"].values()] == ["c1", "X", "X", "X", "X"]


# --- What goes out next -----------------------------------------------------


async def upcoming(ask: Caller) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await ask.shown("/upcoming-messages"))["items"]
    return items


async def test_a_message_that_is_to_come_says_why_and_to_whom(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), automatic(), recorded(), *CASE, created())
    async with served(dealer) as ask:
        [found] = await upcoming(ask)
    assert found == {
        "reminder_id": "r1",
        "dealership_id": LYON,
        "brand": "citroen",
        "kind": "reminder",
        "at": "2030-05-11T07:00:00Z",
        "by_itself": True,
        "held": False,
        "cause": "work_report",
        "customer": CAMILLE,
        "cases": CASES,
        "works": WORKS,
    }


async def test_the_list_ends_after_thirty_days(dealer: Dealer) -> None:
    month = NOON + timedelta(days=30)
    last = created("r2", send_at=month - timedelta(microseconds=1))
    await dealer.saw(created("r3", send_at=month), last, created())
    async with served(dealer) as ask:
        assert [one["reminder_id"] for one in await upcoming(ask)] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((created(), held()), ("reminder", SEND_AT, True)),
        ((created(send_at=PAST), held()), ("reminder", PAST, True)),
        ((created(send_at=PAST), held(), released()), None),
        ((created(send_at=PAST), planned(SEND_ON, SEND_AT)), ("reminder", SEND_AT, False)),
        ((created(), sent()), ("other_channel", FOLLOW_UP_AT, False)),
        ((created(), sent(), sent(kind=AGAIN)), None),
        ((created(), sent(), read()), ("follow_up", FOLLOW_UP_AT, False)),
        ((created(), sent(), read(), sent(kind=POLITELY)), None),
        (
            (created(), sent(), read(), planned(SEND_ON, SEND_AT, POLITELY)),
            ("follow_up", SEND_AT, False),
        ),
        ((created(), sent(), held()), ("other_channel", FOLLOW_UP_AT, True)),
        ((created(), sent(), read(), contact_requested()), None),
        ((created(), sent(), call_asked()), None),
        ((created(), sent(), undelivered()), None),
        ((created(), sent(), read(), answered()), None),
        ((created(), stopped()), None),
    ],
)
async def test_the_next_message_follows_from_how_far_it_is(
    dealer: Dealer, history: tuple[Any, ...], expected: tuple[str, datetime, bool] | None
) -> None:
    await dealer.saw(*history)
    async with served(dealer) as ask:
        found = await upcoming(ask)
    seen = [(one["kind"], datetime.fromisoformat(one["at"]), one["held"]) for one in found]
    assert seen == ([expected] if expected else [])


@pytest.mark.requirement("T-07")
@pytest.mark.parametrize(
    ("said", "by_itself"),
    [({}, True), ({"reminders_automatic": False}, False), ({"reminders_allowed": False}, False)],
)
async def test_it_goes_by_itself_where_both_options_are_on(
    dealer: Dealer, said: dict[str, bool], by_itself: bool
) -> None:
    await dealer.saw(dealership(LYON), automatic(**said), created())
    async with served(dealer) as ask:
        [found] = await upcoming(ask)
    assert found["by_itself"] is by_itself


# --- Rows -------------------------------------------------------------------


def test_an_end_counts_for_the_reminder_once_it_had_gone_out() -> None:
    early = row(created(), ended(end=WorkEnd.TAKEN_UP), sent(), ended())
    late = row(created(), sent(), ended(end=WorkEnd.TAKEN_UP), ended())
    assert (early.works[0].end, early.works[0].reminded) == ("carried_out", False)
    assert (late.works[0].end, late.works[0].reminded) == ("carried_out", True)


def test_a_work_that_is_described_anew_keeps_its_end() -> None:
    found = row(created(), ended(), works_changed(due_work(price=1), due_work("filter")))
    assert [(one.work_id, one.price_minor, one.end) for one in found.works] == [
        ("belt", 1, "carried_out"),
        ("filter", 64_000, None),
    ]
    assert found.open_works == 1


def test_seeing_events_twice_changes_nothing() -> None:
    history = (sent(), read(), accepted(), refused(), answered(), ended())
    once = row(created(), *history)
    assert row(created(), *(one for event in history for one in (event, event))) == once


def test_a_hole_in_history_stops_the_view() -> None:
    with pytest.raises(OutOfOrder):
        project(None, sent())
