"""A customer chooses a slot on the page of a reminder, and the dealership sees who comes (R7)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from contracts.reminders.reminder_v1 import AppointmentMade, ReminderAnswered
from infra.testing.following import follow
from infra.testing.pages import hidden, words
from infra.vault import Vault
from services.reminders import workday
from services.reminders.adapters.links import CUSTOMER, of_reminders
from services.reminders.aggregates import REMINDER, WORKDAY
from services.reminders.http.workdays import WorkdayShown
from services.reminders.reactions import from_reminders_workday
from services.reminders.tests.make import BELT, ID, LILLE, PADS, SENT
from services.reminders.tests.serving import served
from services.reminders.tests.test_customer_page import Visitor
from services.reminders.tests.test_workday import NINE, take

pytestmark = pytest.mark.requirement("FLB-159")

DAY = f"/workdays/{LILLE}/2030-06-24"
TIMES = {"starts_at": "2030-06-24T07:00:00Z", "ends_at": "2030-06-24T08:00:00Z"}
GONE = "vient de prendre la dernière place"
SLOTS = {"slots": [{"begins": "09:00", "ends": "10:00", "places": 1}]}


@asynccontextmanager
async def offering(database: str, slots: Any = SLOTS) -> AsyncIterator[Visitor]:
    """Somebody with the link of a reminder; the dealership has slots and no link."""
    async with served(database) as made:
        visitor = Visitor(made.client, made.running)
        assert (await visitor.says("lea", "PUT", f"{DAY}/slots", slots)).is_success
        await seen(visitor)
        await visitor.has(REMINDER, ID, *SENT)
        vault = Vault(made.running.pool, made.running.settings.masters)
        visitor.token = await of_reminders(vault).token(ID, CUSTOMER)
        yield visitor


async def seen(visitor: Visitor) -> None:
    """The tables and the reminders follow what happened to the day."""
    facts = await visitor.running.commands.history(WORKDAY, f"{LILLE}.2030-06-24")
    await follow(visitor.running, *(fact.event for fact in facts))


async def book(visitor: Visitor, page: httpx.Response, slot: str, *works: str) -> httpx.Response:
    fields = hidden(page.text) | {f"work.{one}": "want" for one in works}
    path = f"/page/{visitor.token}/booking"
    return await visitor.client.post(path, data=fields | {"slot": slot})


async def test_a_customer_chooses_a_slot_and_is_expected_then(database: str) -> None:
    async with offering(database) as claire:
        page = await claire.look()
        assert f'name="slot" value="{NINE.isoformat()}"' in page.text
        assert "lundi 24 juin 2030" in words(page)
        assert (await book(claire, page, NINE.isoformat(), BELT)).status_code == 303
        [made] = await claire.recorded(AppointmentMade)
        after = await claire.look()
        shown = (await claire.says("lea", "GET", DAY)).json()
        whole = await claire.shown(f"/reminders/{ID}")
    assert made.starts_at == NINE
    assert "lundi 24 juin 2030" in words(after)
    assert 'name="slot"' not in after.text
    assert shown["slots"] == [
        TIMES | {"places": 1, "reminders": [ID]},
    ]
    assert whole["appointment"] == TIMES | {"cancelled": False}


async def test_without_a_time_or_with_a_made_up_one_nothing_is_recorded(database: str) -> None:
    async with offering(database) as claire:
        page = await claire.look()
        none = await claire.send("booking", page, BELT)
        odd = await book(claire, await claire.look(), "tomorrow", BELT)
        later = (NINE + timedelta(hours=1)).isoformat()
        unoffered = await book(claire, await claire.look(), later, BELT)
        nothing = await book(claire, await claire.look(), NINE.isoformat())
        assert await claire.recorded(ReminderAnswered) == []
        shown = (await claire.says("lea", "GET", DAY)).json()
    statuses = [one.status_code for one in (none, odd, unoffered, nothing)]
    assert statuses == [422, 422, 409, 422]
    assert "Veuillez choisir un horaire encore libre" in words(none)
    assert shown["slots"][0]["reminders"] == []


async def test_of_two_customers_for_the_last_place_one_gets_it_and_one_a_clear_answer(
    database: str,
) -> None:
    async with offering(database) as claire:
        page = await claire.look()
        other = take("R-other", NINE, NINE - timedelta(days=1))
        at_once = claire.has(WORKDAY, f"{LILLE}.2030-06-24", other)
        mine, _ = await asyncio.gather(
            book(claire, page, NINE.isoformat(), BELT), at_once, return_exceptions=True
        )
        state = (await claire.running.commands.load(WORKDAY, f"{LILLE}.2030-06-24")).state
        booked = await claire.recorded(ReminderAnswered)
    assert isinstance(mine, httpx.Response)
    assert isinstance(state, workday.Offered)
    [winner] = state.taken
    assert (winner == ID) is bool(booked)
    assert mine.status_code == (303 if winner == ID else 409)
    assert winner == ID or GONE in words(mine)


async def test_a_full_slot_is_offered_no_more_and_says_so_to_whoever_saw_it(database: str) -> None:
    async with offering(database) as claire:
        page = await claire.look()
        taken = take("R-other", NINE, NINE - timedelta(days=1))
        await claire.has(WORKDAY, f"{LILLE}.2030-06-24", taken)
        late = await book(claire, page, NINE.isoformat(), BELT)
        assert await claire.recorded(ReminderAnswered) == []
        await seen(claire)
        after = await claire.look()
    assert late.status_code == 409
    assert GONE in words(late)
    assert 'name="slot"' not in after.text


@pytest.mark.parametrize(
    ("later", "works"), [(timedelta(), (BELT, PADS)), (timedelta(days=1), (BELT,))]
)
async def test_a_form_of_before_neither_moves_an_appointment_nor_takes_its_place(
    database: str, later: timedelta, works: tuple[str, ...]
) -> None:
    async with offering(database) as claire:
        other = DAY.replace("06-24", "06-25")
        assert (await claire.says("lea", "PUT", f"{other}/slots", SLOTS)).is_success
        page = await claire.look()
        assert (await book(claire, page, NINE.isoformat(), BELT)).status_code == 303
        fields = hidden(page.text) | {"key": "another", "slot": (NINE + later).isoformat()}
        fields |= {f"work.{one}": "want" for one in works}
        refused = await claire.client.post(f"/page/{claire.token}/booking", data=fields)
        days = [(await claire.says("lea", "GET", day)).json() for day in (DAY, other)]
    assert refused.status_code == 409
    assert [day["slots"][0]["reminders"] for day in days] == [[ID], []]


@pytest.mark.requirement("FLB-161")
async def test_an_appointment_is_cancelled_and_the_calendar_says_so(database: str) -> None:
    async with offering(database) as claire:
        ics = f"/page/{claire.token}/appointment.ics"
        assert (await claire.client.get(ics)).status_code == 404
        await book(claire, await claire.look(), NINE.isoformat(), BELT)
        first = await claire.client.get(ics)
        path = f"{DAY}/appointments/{ID}"
        assert (await claire.says("lea", "DELETE", path)).is_success
        [*_, freed] = await claire.running.commands.history(WORKDAY, f"{LILLE}.2030-06-24")
        [command] = from_reminders_workday.react(freed.event)  # type: ignore[arg-type]
        await claire.has(REMINDER, ID, command)
        second, page = await claire.client.get(ics), await claire.look()
    entries = [Calendar.from_ical(one.text).walk("VEVENT")[0] for one in (first, second)]
    assert [str(one["UID"]) for one in entries] == [f"{ID}@appointment.relais"] * 2
    assert [str(one["STATUS"]) for one in entries] == ["CONFIRMED", "CANCELLED"]
    assert [str(one["SEQUENCE"]) for one in entries] == ["0", "1"]
    assert entries[0].decoded("DTSTART") == NINE
    assert "a été annulé" in words(page)


@pytest.mark.requirement("FLB-161")
async def test_the_days_by_which_works_are_due_go_into_a_calendar(database: str) -> None:
    async with offering(database) as claire:
        path = f"/page/{claire.token}/due-dates.ics"
        assert path in (await claire.look()).text
        first, again = await claire.client.get(path), await claire.client.get(path)
        assert first.content == again.content
        await book(claire, await claire.look(), NINE.isoformat(), BELT)
        assert (await claire.client.get(path)).status_code == 404
        assert path not in (await claire.look()).text
    found = Calendar.from_ical(first.text).walk("VEVENT")
    assert {str(one["UID"]) for one in found} == {
        f"{ID}.{work}@due.relais" for work in (BELT, PADS)
    }
    assert {one.decoded("DTSTART") for one in found} == {date(2030, 6, 30)}


async def test_a_workshop_is_the_business_of_its_dealership_alone(database: str) -> None:
    async with offering(database) as claire:
        for who, method, path, body in (
            ("paul", "GET", DAY, None),
            ("paul", "PUT", f"{DAY}/slots", SLOTS),
            ("paul", "DELETE", f"{DAY}/appointments/{ID}", None),
            ("lea", "PUT", "/workdays/GNOWHERE/2030-06-24/slots", SLOTS),
        ):
            assert (await claire.says(who, method, path, body)).status_code == 404
        assert (await claire.says("maya", "PUT", f"{DAY}/slots", SLOTS)).status_code == 403
        assert (await claire.says("maya", "GET", DAY)).status_code == 200
        past = await claire.says("lea", "PUT", f"/workdays/{LILLE}/2020-06-24/slots", SLOTS)
        empty = (await claire.says("lea", "GET", f"/workdays/{LILLE}/2030-06-25")).json()
    assert past.status_code == 409
    assert empty == {"dealership_id": LILLE, "day": "2030-06-25", "slots": []}
    assert {*empty} == {*WorkdayShown.model_fields}
