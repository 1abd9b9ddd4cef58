"""The replies of customers to text messages about cases, and who reads them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts.interventions.case_v1 import Module
from contracts.messaging.message_v1 import MessageReplied, ReplyIntent
from infra.tokens import Role
from services.views.dealer.tests.cases import created, deleted, forgotten
from services.views.dealer.tests.make import LYON, NOON, PARIS, later
from services.views.dealer.tests.stage import Caller, Dealer, served

pytestmark = pytest.mark.requirement("FLB-096")


def replied(
    reply_id: str = "in-1", case_id: str = "d1", at: datetime = NOON, **changed: Any
) -> MessageReplied:
    said = MessageReplied(
        message_id=f"m-{reply_id}",
        user_id=case_id,
        reply_id=reply_id,
        intent=ReplyIntent.OTHER,
        text="Is 4 pm fine?",
        about="invitation/S1-customer-sms",
        replied_at=at,
        received_at=at,
    )
    return replace(said, **changed)


async def ids(ask: Caller, query: str = "", role: Role = "administrative_agent", **at: Any) -> Any:
    """The ids of the replies that somebody sees."""
    answer = await ask.ask(f"/case-replies{query}", role, **at)
    assert answer.status_code == 200, answer.text
    return [one["reply_id"] for one in answer.json()["items"]]


async def test_a_reply_is_shown_with_its_case_once(dealer: Dealer) -> None:
    await dealer.saw(created(), replied(), replied())
    async with served(dealer) as ask:
        assert (await ask.shown("/case-replies"))["items"] == [
            {
                "reply_id": "in-1",
                "case_id": "d1",
                "dealership_id": LYON,
                "reference": "OR-48213",
                "text": "Is 4 pm fine?",
                "stops": False,
                "replied_at": "2030-05-01T12:00:00Z",
            }
        ]


async def test_a_wish_to_stop_that_is_on_two_messages_is_shown_once(dealer: Dealer) -> None:
    stop: dict[str, Any] = {"intent": ReplyIntent.STOP, "text": "STOP"}
    await dealer.saw(created(), replied(**stop), replied(about="case/d1", **stop))
    async with served(dealer) as ask:
        [shown] = (await ask.shown("/case-replies"))["items"]
    assert (shown["stops"], shown["text"]) == (True, "STOP")


async def test_replies_to_other_messages_are_none_of_a_case(dealer: Dealer) -> None:
    others = ("reminder_invitation/r1.due-1-sms", "case/d2", "thread/W1", "invitation/I5K2", "")
    told = [replied(f"in-{n}", about=about) for n, about in enumerate(others)]
    await dealer.saw(created(), created("d2"), *told, replied("own", about="case/d1"))
    async with served(dealer) as ask:
        assert await ids(ask) == ["own"]


async def test_the_newest_comes_first_and_the_list_is_narrowed(dealer: Dealer) -> None:
    await dealer.saw(created(), created("d2"))
    await dealer.saw(replied(), replied("in-2", "d2", later(5)), replied("in-3", "d1", later(3)))
    async with served(dealer) as ask:
        assert await ids(ask) == ["in-2", "in-3", "in-1"]
        first = await ask.shown("/case-replies?limit=1")
        assert await ids(ask, f"?limit=2&cursor={first['next']}") == ["in-3", "in-1"]
        assert await ids(ask, "?case_id=d2") == ["in-2"]
        assert await ids(ask, f"?dealership_id={PARIS}") == []


@pytest.mark.requirement("G-01", "FLB-019")
async def test_whoever_sees_the_case_sees_its_replies_and_nobody_else(dealer: Dealer) -> None:
    await dealer.saw(created(), created("d2", Module.DIRECT_MESSAGE))
    await dealer.saw(replied(), replied("in-2", "d2", later(5)))
    async with served(dealer) as ask:
        assert await ids(ask) == ["in-2", "in-1"]
        assert await ids(ask, role="sales_representative") == ["in-2"]
        assert await ids(ask, at=(PARIS,)) == []
        assert await ids(ask, org="another-group") == []
        assert await ids(ask, role="group_manager") == ["in-2", "in-1"]
        assert (await ask.ask("/case-replies", "technician")).status_code == 403


@pytest.mark.requirement("G-50")
async def test_of_a_case_that_is_anonymised_no_word_is_shown_and_of_a_deleted_one_none(
    dealer: Dealer,
) -> None:
    await dealer.saw(created(), created("d2"), replied(), replied("in-2", "d2"))
    await dealer.saw(forgotten(), replace(deleted(), case_id="d2"))
    async with served(dealer) as ask:
        [shown] = (await ask.shown("/case-replies"))["items"]
    assert (shown["case_id"], shown["text"], shown["reference"]) == ("d1", "X", "X")


async def test_a_reply_that_comes_before_its_case_waits_for_it(dealer: Dealer) -> None:
    await dealer.saw(replied())
    async with served(dealer) as ask:
        assert await ids(ask) == []
        await dealer.saw(created())
        assert await ids(ask) == ["in-1"]
