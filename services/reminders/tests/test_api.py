"""Reminders over HTTP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.customers.customer_v1 import ChannelsBlocked
from contracts.hours import lawful
from infra.phones import zone_of
from infra.testing.following import NOON, follow
from infra.testing.routes import Existing
from services.reminders.aggregates import PLAN, REMINDER
from services.reminders.tests.make import (
    CASE,
    CLAIRE,
    GROUP,
    LILLE,
    arrange,
    open_page,
    plan_works,
    planned_work,
)
from services.reminders.tests.serving import (
    BODY,
    METZ,
    SENDING,
    SOON,
    Caller,
    recorded,
    served,
    settings,
)

PAST = date(2020, 1, 1)


PHONES = {
    "Europe/Paris": "+33612345678",
    "Pacific/Auckland": "+6493001234",
    "Pacific/Honolulu": "+18085551234",
    "Asia/Tokyo": "+81312345678",
}
"""Somewhere it is always day, and somewhere night."""


def phone(*, by_day: bool) -> str:
    """The phone of somebody who may be written to now, or may not."""
    now = datetime.now(UTC)
    for zone, number in PHONES.items():
        assert zone_of(number) == ZoneInfo(zone)
        if (lawful(now, ZoneInfo(zone)) == now) is by_day:
            return number
    raise AssertionError(now)


SHOWN: dict[str, Any] = {
    "status": "pending_send",
    "dealership_id": LILLE,
    "brand": "peugeot",
    "cause": "by_hand",
    "case_id": None,
    "reference": "OR-48213",
    "customer_id": CLAIRE,
    "proposed": {"amount_minor": 64_000, "currency": "EUR"},
    "open_works": 2,
    "send_on": SOON.isoformat(),
    "held": False,
    "failure": None,
    "message": None,
    "attachments": [],
    "messages": [],
    "contact": "none",
    "call_asked": False,
    "declined": False,
    "appointment": None,
    "answer": None,
    "stop": None,
    "created_by": "lea",
}


@pytest.mark.requirement("FLB-156", "FLB-157")
async def test_a_reminder_is_made_by_hand_and_shown_whole(database: str) -> None:
    async with served(database) as lea:
        path = await lea.made()
        shown = await lea.shown(path)
    assert shown.pop("created_at")
    assert shown.pop("send_at")
    works = shown.pop("works")
    assert [(one["work_id"], one["level"], one["price"]) for one in works] == [
        ("belt", "advised", {"amount_minor": 64_000, "currency": "EUR"}),
        ("pads", "urgent", None),
    ]
    assert shown.pop("reminder_id") == path.rpartition("/")[2]
    assert shown == SHOWN


@pytest.mark.requirement("FLB-156")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"dealership_id": "GNONE"}, "/dealership_id"),
        ({"customer_id": "CNONE"}, "/customer_id"),
        ({"brand": "opel"}, "/brand"),
        ({"case_id": "JNONE"}, "/case_id"),
        ({"send_on": PAST.isoformat()}, "/send_on"),
        ({"works": []}, "/works"),
    ],
)
async def test_what_a_reminder_names_has_to_be_there(
    database: str, changed: dict[str, Any], field: str
) -> None:
    async with served(database) as lea:
        answer = await lea.says("lea", "POST", "/reminders", BODY | changed)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.requirement("FLB-150")
async def test_no_reminder_is_made_where_they_are_not_allowed(database: str) -> None:
    async with served(database) as lea:
        await follow(lea.running, settings(reminders_allowed=None))
        answer = await lea.says("lea", "POST", "/reminders", BODY)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("reminders-are-off")


@pytest.mark.requirement("FLB-017")
async def test_a_reminder_is_for_the_dealership_alone(database: str) -> None:
    async with served(database) as lea:
        path = await lea.made()
        for who, status in (("paul", 404), ("maya", 200)):
            assert (await lea.says(who, "GET", path)).status_code == status
        assert (await lea.says("lea", "GET", path, org="other")).status_code == 404
        assert (await lea.says("paul", "DELETE", path)).status_code == 404
        assert (await lea.says("maya", "DELETE", path)).status_code == 403
        there = BODY | {"dealership_id": METZ}
        assert (await lea.says("lea", "POST", "/reminders", there)).status_code == 404


@pytest.mark.requirement("FLB-154", "FLB-155", "FLB-156")
async def test_it_is_edited_planned_held_and_deleted(database: str) -> None:
    later = (SOON + timedelta(days=3)).isoformat()
    async with served(database) as lea:
        path = await lea.made()
        work = BODY["works"][:1]
        attached = [{"file_id": "f-photo", "kind": "photo"}]
        for part, body in (
            ("works", {"works": work}),
            ("message", {"message": "See you soon."}),
            ("attachments", {"attachments": attached}),
            ("send-day", {"send_on": later}),
            ("hold", None),
        ):
            answer = await lea.says("lea", "PUT", f"{path}/{part}", body)
            assert answer.is_success, answer.text
        shown = await lea.shown(path)
        assert (await lea.says("lea", "DELETE", f"{path}/hold")).is_success
        assert not (await lea.shown(path))["held"]
        assert (await lea.says("lea", "DELETE", path)).is_success
        assert (await lea.says("lea", "GET", path)).status_code == 404
    assert (shown["open_works"], shown["message"]) == (1, "See you soon.")
    assert (shown["attachments"], shown["send_on"], shown["held"]) == (attached, later, True)


async def test_a_file_of_somebody_else_does_not_go_with_it(database: str) -> None:
    async with served(database) as lea:
        path = await lea.made()
        body = {"attachments": [{"file_id": "f-none", "kind": "photo"}]}
        answer = await lea.says("lea", "PUT", f"{path}/attachments", body)
    assert answer.status_code == 422


@pytest.mark.requirement("FLB-155", "T-09")
async def test_it_is_sent_now_with_what_was_seen(database: str) -> None:
    async with served(database, recorded(phone=phone(by_day=True))) as lea:
        path = await lea.made()
        stale = await lea.says("lea", "POST", f"{path}/sending", SENDING | {"works": 1})
        assert stale.status_code == 412
        answer = await lea.says("lea", "POST", f"{path}/sending", SENDING)
        assert answer.is_success, answer.text
        shown = await lea.shown(path)
    there = datetime.now(ZoneInfo("Europe/Paris")).date()
    assert (shown["status"], shown["send_on"]) == ("sent", there.isoformat())
    assert [one["channel"] for one in shown["messages"]] == ["email", "sms"]


async def test_nobody_is_written_to_in_the_night_of_where_they_are(database: str) -> None:
    async with served(database, recorded(phone=phone(by_day=False))) as lea:
        path = await lea.made()
        answer = await lea.says("lea", "POST", f"{path}/sending", SENDING)
        assert (await lea.shown(path))["status"] == "pending_send"
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("outside-hours")


@pytest.mark.requirement("FLB-121")
async def test_a_customer_who_blocked_all_channels_is_not_written_to(database: str) -> None:
    blocked = ChannelsBlocked(
        customer_id=CLAIRE,
        organisation_id=GROUP,
        dealership_id=LILLE,
        sms=True,
        email=True,
        blocked_by="lea",
        blocked_at=NOON,
    )
    async with served(database) as lea:
        await follow(lea.running, blocked)
        path = await lea.made()
        answer = await lea.says("lea", "POST", f"{path}/sending", SENDING)
    assert answer.status_code == 409
    assert answer.json()["facts"] == {"reason": "channels_blocked"}


async def planned(lea: Caller) -> None:
    """A plan with two reminders that wait."""
    works = (planned_work("belt", SOON), planned_work("filter", SOON + timedelta(days=300)))
    await lea.has(PLAN, CASE, plan_works(*works))
    for number in (1, 2):
        await lea.has(REMINDER, f"{CASE}-R{number}", arrangement(number))


def arrangement(number: int) -> Any:
    return replace(arrange(), reminder_id=f"{CASE}-R{number}")


def work_body(id: str, due: date) -> dict[str, Any]:
    return {
        "work_id": id,
        "label": id.title(),
        "level": "advised",
        "price": {"amount_minor": 64_000, "currency": "EUR"},
        "due_on": due.isoformat(),
    }


@pytest.mark.requirement("FLB-153")
async def test_a_change_of_days_shows_what_it_merges_before_it_is_saved(database: str) -> None:
    works = {"works": [work_body("belt", SOON), work_body("filter", SOON)]}
    async with served(database) as lea:
        await planned(lea)
        preview = await lea.says("lea", "POST", f"/plans/{CASE}/previews", works)
        assert preview.is_success, preview.text
        shown = preview.json()
        assert shown["merged"] == [[f"{CASE}-R1", f"{CASE}-R2"]]
        assert (shown["split"], shown["groups"]) == ([], [["belt", "filter"]])
        stale = works | {"groups": [["belt"], ["filter"]]}
        refused = await lea.says("lea", "PUT", f"/plans/{CASE}", stale)
        assert refused.status_code == 412
        saved = works | {"groups": shown["groups"]}
        assert (await lea.says("lea", "PUT", f"/plans/{CASE}", saved)).is_success
        plan = await lea.says("maya", "GET", f"/plans/{CASE}")
        assert (await lea.says("paul", "GET", f"/plans/{CASE}")).status_code == 404
    [group] = plan.json()["groups"]
    assert [one["work_id"] for one in group["works"]] == ["belt", "filter"]


@pytest.mark.requirement("FLB-116", "T-10")
async def test_a_due_date_in_the_past_is_refused(database: str) -> None:
    body = {"works": [work_body("belt", PAST)], "groups": [["belt"]]}
    async with served(database) as lea:
        await planned(lea)
        for method, path in (("POST", f"/plans/{CASE}/previews"), ("PUT", f"/plans/{CASE}")):
            sent = body if method == "PUT" else {"works": body["works"]}
            answer = await lea.says("lea", method, path, sent)
            assert answer.status_code == 422
            assert answer.json()["type"].endswith("planned-day-is-past")


async def test_two_reminders_of_a_customer_are_merged(database: str) -> None:
    async with served(database) as lea:
        await follow(lea.running, recorded("COTHER"))
        first, second = await lea.made(), await lea.made(key="reminder-2")
        other = await lea.made(key="reminder-3", customer_id="COTHER")
        stranger = {"into_reminder_id": other.rpartition("/")[2], "works": 2}
        refused = await lea.says("lea", "POST", f"{first}/merger", stranger)
        assert refused.status_code == 422
        body = {"into_reminder_id": second.rpartition("/")[2], "works": 2}
        assert (await lea.says("lea", "POST", f"{first}/merger", body)).is_success
        shown = await lea.shown(first)
    assert (shown["status"], shown["stop"]["reason"]) == ("stopped", "regrouped")
    assert shown["stop"]["into_reminder_id"] == body["into_reminder_id"]


@pytest.mark.requirement("FLB-155")
async def test_what_follows_a_reminder_is_held_and_moved_to_a_day_to_come(database: str) -> None:
    async with served(database, recorded(phone=phone(by_day=True))) as lea:
        path = await lea.made()
        early = await lea.says("lea", "PUT", f"{path}/follow-up-day", {"send_on": "2040-07-01"})
        assert (await lea.says("lea", "POST", f"{path}/sending", SENDING)).is_success
        answers = {
            day: await lea.says("lea", "PUT", f"{path}/follow-up-day", {"send_on": day})
            for day in ("2040-07-01", "2020-07-01", "2040-02-30")
        }
        assert (await lea.says("lea", "PUT", f"{path}/hold")).is_success
        shown = await lea.shown(path)
    assert (early.status_code, early.json()["type"]) == (
        409,
        "urn:relais:problem:reminder-is-not-sent",
    )
    assert [one.status_code for one in answers.values()] == [200, 422, 422]
    assert answers["2020-07-01"].json()["errors"][0]["field"] == "/send_on"
    assert (shown["status"], shown["held"]) == ("sent", True)


@pytest.mark.requirement("FLB-154")
async def test_it_stays_as_it_is_once_it_was_read(database: str) -> None:
    async with served(database, recorded(phone=phone(by_day=True))) as lea:
        path = await lea.made()
        assert (await lea.says("lea", "POST", f"{path}/sending", SENDING)).is_success
        await lea.has(REMINDER, path.rpartition("/")[2], open_page(datetime.now(UTC)))
        answer = await lea.says("lea", "PUT", f"{path}/message", {"message": "Too late."})
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("reminder-is-read")
        body = {"accepted": ["belt"], "works": 2}
        assert (await lea.says("lea", "PUT", f"{path}/choice", body)).is_success
        shown = await lea.shown(path)
    assert (shown["status"], shown["answer"]["choice"]) == ("answered", "taken_down")
    assert [one["accepted"] for one in shown["works"]] == [True, False]


@pytest.mark.requirement("G-82")
async def test_its_history_tells_every_fact(database: str) -> None:
    async with served(database) as lea:
        path = await lea.made()
        await lea.says("lea", "PUT", f"{path}/hold")
        history = (await lea.says("lea", "GET", f"{path}/history")).json()
    types = [one["type"].rpartition(".")[2] for one in history["items"]]
    assert types == ["created", "held"]


BODIES: dict[str, Any] = {
    "POST /reminders/{reminder_id}/sending": SENDING,
    "PUT /reminders/{reminder_id}/send-day": {"send_on": SOON.isoformat()},
    "PUT /reminders/{reminder_id}/follow-up-day": {"send_on": SOON.isoformat()},
    "PUT /reminders/{reminder_id}/works": {"works": BODY["works"]},
    "PUT /reminders/{reminder_id}/message": {"message": "Hello"},
    "PUT /reminders/{reminder_id}/attachments": {"attachments": []},
    "PUT /reminders/{reminder_id}/choice": {"accepted": [], "works": 2},
    "POST /reminders/{reminder_id}/merger": {"into_reminder_id": f"{CASE}-R2", "works": 2},
    "POST /plans/{case_id}/previews": {"works": [work_body("belt", SOON)]},
    "PUT /workdays/{dealership_id}/{day}/slots": {"slots": []},
    "PUT /plans/{case_id}": {"works": [work_body("belt", SOON)], "groups": [["belt"]]},
}


async def test_strangers_learn_nothing_of_what_is_there(database: str) -> None:
    async with served(database) as lea:
        await planned(lea)
        existing = Existing(
            ids={"case_id": CASE, "reminder_id": f"{CASE}-R1", "dealership_id": LILLE},
            words={"day": SOON.isoformat()},
            bodies=BODIES,
            owners={"group_manager": "chief"},
        )
        await existing.is_hidden_from(lea)
