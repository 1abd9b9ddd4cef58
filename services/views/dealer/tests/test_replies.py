"""The replies of customers to text messages about reminders, and who reads them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts.reminders.reminder_v1 import CustomerReplied
from infra.tokens import Role
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, erased, later, recorded
from services.views.dealer.tests.reminders import closed, created
from services.views.dealer.tests.stage import Dealer, served
from services.views.dealer.tests.test_reminders import CAMILLE

pytestmark = pytest.mark.requirement("FLB-158")


def replied(
    reply_id: str = "in-1", reminder_id: str = "r1", at: datetime = NOON, **changed: Any
) -> CustomerReplied:
    said = CustomerReplied(
        reminder_id=reminder_id,
        organisation_id=GROUP,
        dealership_id=LYON,
        customer_id="c1",
        reply_id=reply_id,
        text="Tuesday?",
        replied_at=at,
    )
    return replace(said, **changed)


async def test_a_reply_is_shown_with_who_wrote_it_once(dealer: Dealer) -> None:
    await dealer.saw(recorded(), created(), replied(), replied())
    async with served(dealer) as ask:
        assert (await ask.shown("/customer-replies"))["items"] == [
            {
                "reply_id": "in-1",
                "reminder_id": "r1",
                "dealership_id": LYON,
                "customer": CAMILLE,
                "text": "Tuesday?",
                "replied_at": "2030-05-01T12:00:00Z",
            }
        ]


async def test_a_reply_to_a_reminder_that_was_deleted_is_not_lost(dealer: Dealer) -> None:
    await dealer.saw(created(), closed(), replied())
    async with served(dealer) as ask:
        [shown] = (await ask.shown("/customer-replies"))["items"]
    assert (shown["text"], shown["customer"]["last_name"]) == ("Tuesday?", None)


async def test_the_newest_comes_first_and_the_list_is_narrowed(dealer: Dealer) -> None:
    await dealer.saw(replied(), replied("in-2", "r2", later(5)), replied("in-3", "r3", later(3)))
    async with served(dealer) as ask:
        every = await ask.shown("/customer-replies")
        first = await ask.shown("/customer-replies?limit=1")
        second = await ask.shown(f"/customer-replies?limit=2&cursor={first['next']}")
        one = await ask.shown("/customer-replies?reminder_id=r2")
    assert [each["reply_id"] for each in every["items"]] == ["in-2", "in-3", "in-1"]
    assert [each["reply_id"] for each in second["items"]] == ["in-3", "in-1"]
    assert [each["reply_id"] for each in one["items"]] == ["in-2"]


@pytest.mark.requirement("G-01")
async def test_replies_are_for_their_dealership_alone(dealer: Dealer) -> None:
    await dealer.saw(replied())
    async with served(dealer) as ask:
        for at, org in (((PARIS,), GROUP), ((LYON,), "another-group")):
            there = await ask.ask("/customer-replies", at=at, org=org)
            assert there.json()["items"] == []
        others: tuple[Role, ...] = ("sales_representative", "technician")
        for role in others:
            assert (await ask.ask("/customer-replies", role)).status_code == 403


async def test_of_an_erased_customer_no_word_is_shown(dealer: Dealer) -> None:
    await dealer.saw(recorded(), replied(), erased())
    async with served(dealer) as ask:
        [shown] = (await ask.shown("/customer-replies"))["items"]
    assert shown["text"] == "X"
    assert {shown["customer"][name] for name in ("last_name", "email", "phone")} == {"X"}
