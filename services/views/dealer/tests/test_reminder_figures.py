"""Reminders are followed from the message to the work, by cause and by level (R9)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.reminders.reminder_v1 import (
    ReminderCause,
    ReminderChoice,
    ReminderCreated,
    WorkEnd,
)
from infra.tokens import Role
from services.views.dealer.tests.make import LYON, PARIS
from services.views.dealer.tests.reminders import (
    accepted,
    answered,
    created,
    ended,
    read,
    refused,
    sent,
)
from services.views.dealer.tests.stage import Dealer, served
from services.views.dealer.tests.test_statistics import dealership, shared


def made(id: str = "r1") -> ReminderCreated:
    """A reminder of the brand that the dealership has."""
    return created(id, brand="renault")


MAY = "?from_day=2030-05-11&until_day=2030-05-11"
DONE = (made(), sent(), read(), accepted(), refused(), answered(), ended())
MANAGER: Role = "dealership_manager"


def figures(cause: str | None, level: str | None, *counts: int, **changed: Any) -> dict[str, Any]:
    """The figures as they are shown; counts of reminders, then of works, then the amounts."""
    reminders, read_, booked, works, accepted_, done, *minor = counts
    amounts = [{"amount_minor": one, "currency": "EUR"} for one in minor]
    return {
        "cause": cause,
        "level": level,
        "reminders": reminders,
        "read": read_,
        "booked": booked,
        "booking_rate": 100.0 * booked / reminders,
        "works": works,
        "accepted_works": accepted_,
        "carried_out_works": done,
        "reminded": amounts[0],
        "accepted": amounts[1],
        "carried_out": amounts[2],
        **changed,
    }


async def shown(dealer: Dealer, query: str = MAY, role: Role = MANAGER, at: str = LYON) -> Any:
    async with served(dealer) as ask:
        answer = await ask.ask(f"/statistics/reminders{query}", role, at=(at,))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_reminder_is_followed_to_the_work_by_cause_and_by_level(dealer: Dealer) -> None:
    by_hand = replace(made("r2"), cause=ReminderCause.BY_HAND)
    await dealer.saw(dealership(LYON), *DONE, by_hand, sent("r2"))
    belts, pads = 64_000, 12_000
    assert await shown(dealer) == [
        figures(None, None, 2, 1, 1, 4, 1, 1, 2 * (belts + pads), belts, belts),
        figures("by_hand", None, 1, 0, 0, 2, 0, 0, belts + pads, 0, 0),
        figures("work_report", None, 1, 1, 1, 2, 1, 1, belts + pads, belts, belts),
        figures(None, "advised", 2, 1, 1, 2, 1, 1, 2 * belts, belts, belts),
        figures(None, "urgent", 2, 1, 0, 2, 0, 0, 2 * pads, 0, 0),
    ]


@pytest.mark.parametrize(
    ("day", "found"), [("2030-05-10", 0), ("2030-05-11", 4), ("2030-05-12", 0)]
)
async def test_a_reminder_counts_on_the_day_on_which_it_first_went_out(
    dealer: Dealer, day: str, found: int
) -> None:
    again = sent(on=date(2030, 5, 12))
    await dealer.saw(dealership(LYON), *DONE, made("r2"), again)
    # One that never went out brings nothing, and no second message moves the first one.
    assert len(await shown(dealer, f"?from_day={day}&until_day={day}")) == found


async def test_a_work_that_was_done_before_anybody_was_reminded_is_not_theirs(
    dealer: Dealer,
) -> None:
    early = (made(), ended(), sent(), answered(0, ReminderChoice.REFUSED_ALL))
    await dealer.saw(dealership(LYON), *early)
    [whole, *_] = await shown(dealer)
    assert (whole["reminders"], whole["carried_out_works"], whole["booked"]) == (1, 0, 0)


async def test_a_work_that_was_only_taken_up_is_not_done(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), made(), sent(), ended(end=WorkEnd.TAKEN_UP))
    [whole, *_] = await shown(dealer)
    assert whole["carried_out_works"] == 0


@pytest.mark.requirement("FLB-128", "G-78")
async def test_a_group_sees_the_reminders_of_dealerships_that_share(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), dealership(PARIS), *DONE)
    assert await shown(dealer, MAY, "group_manager", PARIS) == []
    await dealer.saw(shared(LYON))
    assert len(await shown(dealer, MAY, "group_manager", PARIS)) == 4


async def test_the_list_goes_on_where_a_page_ended(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), *DONE)
    async with served(dealer) as ask:
        first = (await ask.ask(f"/statistics/reminders{MAY}&limit=3", MANAGER)).json()
        path = f"/statistics/reminders{MAY}&limit=3&cursor={first['next']}"
        second = (await ask.ask(path, MANAGER)).json()
    found = [(one["cause"], one["level"]) for one in (*first["items"], *second["items"])]
    assert found == [(None, None), ("work_report", None), (None, "advised"), (None, "urgent")]
