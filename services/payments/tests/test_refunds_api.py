"""Money goes back in exact parts, each with a numbered credit note."""

from typing import Any

import pytest

from infra.testing.following import follow
from services.payments.tests.cards_stage import Caller, eur, served
from services.payments.tests.test_debts_api import LINKED, STATED


def back(amount: int, rest: int = 35_000, work_id: str = "tyres") -> dict[str, Any]:
    parts = [{"work_id": work_id, "amount": eur(amount)}]
    return {"parts": parts, "reason": "work_not_done", "rest": eur(rest)}


async def refunds(api: Caller, body: dict[str, Any]) -> Any:
    return await api.ask("POST", f"/charges/{await api.charge_id()}/refunds", body)


async def test_a_part_goes_back_with_its_vat_and_a_credit_note(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        assert (await refunds(api, back(12_000))).is_success
        await numbered(api, charge_id)
        shown = await api.shown()
        [refund] = shown["refunds"]
        note = await api.client.get(f"{api.page}/credit-notes/{refund['refund_id']}")
        assert note.content[:5] == b"%PDF-"
        assert "LYON-000002" in await api.look()
        assert len(api.cards.refunds) == 1
    assert (shown["rest"], shown["invoice_number"]) == (eur(23_000), "LYON-000001")
    assert refund.pop("made_at")
    assert refund.pop("refund_id").startswith("W")
    amounts = {"excluding_vat": eur(10_000), "vat": eur(2_000), "including_vat": eur(12_000)}
    assert refund == {
        "parts": [{"work_id": "tyres", "amounts": amounts}],
        "total": amounts,
        "reason": "work_not_done",
        "number": "LYON-000002",
        "bounced_at": None,
        "cancelling_number": None,
        "fee": eur(0),
    }


async def test_no_more_goes_back_than_is_left(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        above = await refunds(api, back(24_001))
        assert (above.status_code, above.json()["facts"]["left"]) == (409, eur(24_000))
        stale = await refunds(api, back(1, rest=34_999))
        assert (stale.status_code, stale.json()["now"]) == (412, {"/rest": eur(35_000)})
        assert api.cards.refunds == {}


async def test_a_refund_whose_answer_is_lost_is_made_once(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        await refunds(api, back(12_000))
        api.cards.silent = 3
        with pytest.raises(Exception, match="APIError"):
            await api.cashier.send_refunds(charge_id)
        assert (await api.shown())["refunds"][0]["made_at"] is None
        await api.cashier.send_refunds(charge_id)
        assert (await api.shown())["refunds"][0]["made_at"] is not None
        assert len(api.cards.refunds) == 1


async def test_a_refund_that_waits_for_longer_than_keys_are_known_is_made_once(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        api.cards.refunds_wait = True
        await refunds(api, back(12_000))
        await api.cashier.learn(charge_id)
        api.cards.forget_keys()
        await api.cashier.learn(charge_id)
        assert len(api.cards.refunds) == 1
        [made] = api.cards.refunds.values()
        made["status"] = "succeeded"
        await api.cashier.learn(charge_id)
        [refund] = (await api.shown())["refunds"]
    assert (refund["total"]["including_vat"], refund["reason"]) == (eur(12_000), "work_not_done")
    assert refund["made_at"] is not None


@pytest.mark.requirement("G-59")
async def test_a_refund_made_at_the_provider_shows_by_its_news(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        [payment_id] = api.cards.payments
        made = await api.cards.refund(payment_id, 12_000)
        await api.cards.deliver(api.cards.told[-1])
        [refund] = (await api.shown())["refunds"]
        assert (refund["refund_id"], refund["reason"]) == (made["id"], "made_at_provider")
        parts = {o["work_id"]: o["amounts"]["including_vat"] for o in refund["parts"]}
        assert parts == {"pads": eur(11_000), "tyres": eur(1_000)}


async def test_the_news_of_a_refund_may_come_before_that_of_the_payment(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.telling = False
        assert await api.cards.pay(await api.session_id())
        [payment_id] = api.cards.payments
        await api.cards.refund(payment_id, 12_000)
        paid, refunded = api.cards.told
        for event in (refunded, paid, refunded):
            assert (await api.cards.deliver(event)).is_success
        shown = await api.shown()
        assert (shown["status"], shown["rest"]) == ("paid", eur(23_000))


async def test_a_refund_leaves_no_negative_balance(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        api.cards.movements.clear()
        refused = await refunds(api, back(12_000))
        assert (refused.status_code, refused.json()["facts"]["available"]) == (409, eur(0))


async def numbered(api: Caller, charge_id: str) -> None:
    """All that is open of the charge is done."""
    for _ in range(2):
        await api.cashier.learn(charge_id)
        await api.clerk.number(charge_id)


@pytest.mark.requirement("G-58", "G-59", "FLB-173")
async def test_a_refund_that_comes_back_is_cancelled_by_a_document_and_can_be_made_anew(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        await refunds(api, back(12_000))
        await numbered(api, charge_id)
        [refund_id] = api.cards.refunds
        await api.cards.bounce(refund_id)
        await api.cards.deliver(api.cards.told[-1])
        await numbered(api, charge_id)
        shown = await api.shown()
        [refund] = shown["refunds"]
        page = await api.look()
        assert "Your bank sent back the refund of €120.00" in page
        assert f"/cancellations/{refund['refund_id']}" in page
        cancelled = await api.client.get(f"{api.page}/cancellations/{refund['refund_id']}")
        assert cancelled.content[:5] == b"%PDF-"
        assert (await refunds(api, back(24_000))).is_success
    assert (shown["rest"], refund["number"]) == (eur(35_000), "LYON-000002")
    assert (refund["cancelling_number"], bool(refund["bounced_at"])) == ("LYON-000003", True)


@pytest.mark.requirement("G-50", "FLB-173")
async def test_a_refund_to_a_company_whose_case_was_forgotten_has_its_credit_note(
    database: str,
) -> None:
    async with served(database) as api:
        await follow(api.running, STATED, LINKED)
        await api.connect()
        charge_id = await api.paid()
        await numbered(api, charge_id)
        await api.running.keyring.forget("J1", "test")
        await refunds(api, back(12_000))
        await numbered(api, charge_id)
        [refund] = (await api.shown())["refunds"]
    assert refund["number"] == "LYON-000002"


async def test_a_refund_that_holds_has_nothing_that_cancels_its_credit_note(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        await refunds(api, back(12_000))
        await numbered(api, charge_id)
        [refund] = (await api.shown())["refunds"]
        path = f"{api.page}/cancellations/{refund['refund_id']}"
        assert (await api.client.get(path)).status_code == 404
        assert (refund["bounced_at"], refund["cancelling_number"]) == (None, None)


async def test_who_asked_for_a_refund_is_named_when_it_comes_back_or_who_connected(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        [payment_id] = api.cards.payments
        await api.cards.refund(payment_id, 1_000)
        path, body = f"/charges/{charge_id}/refunds", back(12_000, rest=34_000)
        assert (await api.ask("POST", path, body, "mona")).is_success
        await api.cashier.learn(charge_id)
        for refund_id in list(api.cards.refunds):
            await api.cards.bounce(refund_id)
        facts = (await api.ask("GET", f"/charges/{charge_id}/history")).json()["items"]
    bounced = [one["what"] for one in facts if one["type"].endswith("refund_bounced")]
    told = [(one["total"]["including_vat"], one["responsible_id"]) for one in bounced]
    assert told == [(eur(1_000), "gina"), (eur(12_000), "mona")]
