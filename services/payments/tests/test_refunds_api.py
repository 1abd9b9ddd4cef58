"""Money goes back in exact parts, each with a numbered credit note."""

from typing import Any

import pytest

from services.payments.tests.cards_stage import Caller, eur, served


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
        for _ in range(2):
            await api.cashier.learn(charge_id)
            await api.clerk.number(charge_id)
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
