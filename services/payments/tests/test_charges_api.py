"""A case is paid for on the customer's page, once, whatever gets lost, late or doubled."""

from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import (
    Amounts,
    Module,
    RevisionBegun,
    VersionFixed,
    Work,
)
from infra.testing.cards import DECLINED_CARD
from infra.testing.following import NOON, follow
from infra.testing.serving import KEY
from infra.tokens import issue
from services.payments.tests.cards_stage import PADS, closed, created, eur, named, served
from services.payments.tests.cards_stage import TYRES as PNEUS
from services.payments.tests.make_cards import GROUP

WHOLE = {"excluding_vat": eur(29_167), "vat": eur(5_833), "including_vat": eur(35_000)}


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.mark.requirement("FLB-172", "FLB-173", "M-09")
async def test_a_customer_pays_by_card_and_downloads_the_invoice(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        assert "€350.00" in await api.look()
        charge_id = await api.paid()
        await api.clerk.number(charge_id)
        page = await api.look()
        assert "Your payment was received" in page
        assert "LYON-000001" in page
        invoice = await api.client.get(f"{api.page}/invoice")
        assert (invoice.status_code, invoice.content[:5]) == (200, b"%PDF-")
        [payment] = api.cards.payments.values()
        assert payment["description"] == "LYON-000001"


TYRES = {
    "work_id": "tyres",
    "label": "Pneus",
    "vat_basis_points": 2_000,
    "amounts": {"excluding_vat": eur(20_000), "vat": eur(4_000), "including_vat": eur(24_000)},
    "left": {"excluding_vat": eur(20_000), "vat": eur(4_000), "including_vat": eur(24_000)},
}


async def test_a_paid_charge_is_shown_whole(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        charge_id = await api.paid()
        await api.clerk.number(charge_id)
        shown = await api.shown()
    lines = shown.pop("lines")
    assert [one["work_id"] for one in lines] == ["pads", "tyres"]
    assert lines[1] == TYRES
    assert shown.pop("paid_at")
    assert shown.pop("payment_id").startswith("pi_")
    assert shown == {
        "charge_id": charge_id,
        "dealership_id": "lyon",
        "case_id": "J1",
        "case_version": 2,
        "status": "paid",
        "total": WHOLE,
        "rest": eur(35_000),
        "invoice_number": "LYON-000001",
        "fee": eur(515),
        "refunds": [],
        **dict.fromkeys(("reported", "withheld", "elsewhere", "debt")),
    }


@pytest.mark.requirement("SM-18")
async def test_only_what_the_provider_says_makes_a_charge_paid(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        session_id = await api.session_id()
        api.cards.telling = False
        assert await api.cards.pay(session_id)
        assert "A payment was begun" in await api.look()
        [event] = api.cards.told
        for _ in range(2):
            assert (await api.cards.deliver(event)).json() == {"ours": True}
        assert "Your payment was received" in await api.look()
        history = (await api.ask("GET", f"/charges/{await api.charge_id()}/history")).json()
        kinds = [one["type"].rpartition(".")[2] for one in history["items"]]
        assert kinds == ["offered", "attempt_begun", "form_opened", "paid", "fee_read"]


async def test_a_message_with_a_wrong_signature_changes_nothing(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.telling = False
        assert await api.cards.pay(await api.session_id())
        [event] = api.cards.told
        forged = await api.cards.deliver(event, secret="whsec_somebody_else")
        assert (forged.status_code, slug(forged)) == (401, "not-signed")
        old = await api.cards.deliver(event, age=301)
        assert (old.status_code, slug(old)) == (401, "not-signed")
        unsigned = await api.client.post(api.cards.hook, json=event)
        assert unsigned.status_code == 401
        assert (await api.shown())["status"] == "asked"
        assert (await api.cards.deliver(event, age=295)).is_success


async def test_another_amount_than_was_asked_for_is_parked_for_all_to_see(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.telling = False
        assert await api.cards.pay(await api.session_id())
        [event] = api.cards.told
        event["data"]["object"]["amount_total"] = 3_500
        assert (await api.cards.deliver(event)).is_success
        shown = await api.shown()
        assert (shown["status"], shown["reported"]) == ("parked", eur(3_500))
        assert "is not the one that was asked for" in await api.look()
        assert (await api.press("online")).status_code == 409


async def test_an_unknown_outcome_makes_no_second_charge(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.silent = 3
        lost = await api.press("online")
        assert (lost.status_code, "does not answer" in lost.text) == (422, True)
        assert (await api.press("at-dealership")).status_code in {303, 409}
        assert len(api.cards.sessions) == 1


async def test_a_form_that_was_lost_is_found_again_under_its_key(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.silent = 3
        await api.press("online")
        session_id = await api.session_id()
        assert list(api.cards.sessions) == [session_id]
        assert await api.session_id() == session_id


async def test_a_customer_goes_on_with_the_form_that_is_open(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        session_id = await api.session_id()
        assert not await api.cards.pay(session_id, DECLINED_CARD)
        assert await api.session_id() == session_id
        await api.cards.expire(session_id)
        assert "You were not charged" in await api.look()
        assert await api.session_id() != session_id


async def test_the_clerk_learns_what_nobody_told(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.telling = False
        assert await api.cards.pay(await api.session_id())
        await api.cashier.learn(await api.charge_id())
        assert (await api.shown())["status"] == "paid"


@pytest.mark.requirement("FLB-172")
async def test_a_customer_pays_at_the_dealership(database: str) -> None:
    async with served(database) as api:
        assert "Pay online" not in await api.look()
        assert (await api.press("at-dealership")).status_code == 303
        assert "You pay at the dealership" in await api.look()
        await api.connect()
        session_id = await api.session_id()
        assert (await api.press("at-dealership")).status_code == 303
        assert api.cards.sessions[session_id]["status"] == "expired"
        assert (await api.shown())["status"] == "at_dealership"


async def test_who_has_paid_does_not_choose_the_dealership(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.telling = False
        assert await api.cards.pay(await api.session_id())
        late = await api.press("at-dealership")
        assert (late.status_code, "paid already" in late.text) == (422, True)
        assert (await api.shown())["status"] == "paid"


async def test_without_keys_nobody_is_sent_to_the_provider(database: str) -> None:
    async with served(database) as api:
        answer = await api.press("online")
        assert (answer.status_code, "not possible now" in answer.text) == (409, True)


async def test_a_key_that_ended_ends_the_attempt(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        api.cards.keys.clear()
        assert (await api.press("online")).status_code == 303
        assert (await api.shown())["status"] == "failed"


async def test_nothing_of_a_closed_case_is_paid_from_a_page_that_is_still_open(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        assert (await api.press("at-dealership")).status_code == 303
        await follow(api.running, closed())
        refused = await api.press("online")
        assert (refused.status_code, api.cards.sessions) == (422, {})
        assert "There is nothing to pay for this." in refused.text
        assert (await api.shown())["status"] == "at_dealership"


async def test_a_link_that_was_made_up_opens_nothing(database: str) -> None:
    async with served(database) as api:
        assert (await api.client.get("/page/J1.99999999999.AAAA")).status_code == 410
        assert (await api.client.get("/page/nonsense")).status_code == 410
        await follow(api.running, closed())
        assert (await api.client.get(api.page)).status_code == 404


def reported(version: int, *done: Work) -> VersionFixed:
    """The version of a work report, with works that were done."""
    nothing = Money(0, "EUR")
    zero = Amounts(excluding_vat=nothing, vat=nothing, including_vat=nothing)
    return VersionFixed(
        case_id="J1",
        organisation_id="petit",
        dealership_id="lyon",
        version=version,
        works=tuple(replace(one, carried_out=True) for one in done),
        media_ids=(),
        proposed=zero,
        answer_by=None,
        code_above=None,
        fixed_at=NOON,
        carried_out=zero,
    )


BEGUN_ANEW = RevisionBegun(
    case_id="J1",
    organisation_id="petit",
    dealership_id="lyon",
    version=3,
    begun_by="lea",
    begun_at=NOON,
)


@pytest.mark.requirement("FLB-175")
async def test_a_work_report_that_was_sent_anew_shows_what_is_asked_for_now(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await follow(api.running, created(Module.WORK_REPORT), named(), reported(3, PADS))
        assert (await api.press("at-dealership")).status_code == 303
        assert "€110.00" in await api.look()
        await follow(api.running, BEGUN_ANEW)
        assert (await api.client.get(api.page)).status_code == 404
        await follow(api.running, reported(4, PADS, PNEUS))
        page = await api.look()
        assert ("€350.00" in page, "Pneus" in page) == (True, True)
        assert (await api.press("online")).status_code == 303
        assert (await api.shown())["total"] == WHOLE


@pytest.mark.requirement("G-01")
async def test_a_charge_is_for_the_people_of_its_dealership(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        path = f"/charges/{await api.paid()}"
        assert (await api.ask("GET", path, org="grand")).status_code == 404
        assert (await api.agent("GET", path)).status_code == 404
        assert (await api.agent("GET", f"{path}/history")).status_code == 404


async def test_news_about_what_is_not_ours_is_taken_and_forgotten(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        for thing in (
            {"id": "cs_9", "object": "checkout.session", "metadata": {}},
            {"id": "cus_1", "object": "customer", "metadata": {}},
        ):
            await api.cards.tell("something.happened", thing)
            assert (await api.cards.deliver(api.cards.told[-1])).json() == {"ours": False}


@pytest.mark.requirement("FLB-172")
async def test_a_colleague_who_presses_a_button_chooses_nothing_for_the_customer(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        token = issue(KEY, "lea", GROUP, ("administrative_agent",))
        session = {"Cookie": f"__Host-relais-access={token}"}
        for button in ("at-dealership", "online"):
            answer = await api.press(button, beside=session)
            assert answer.status_code == 403
            assert "this is not the customer's choice" in unescape(answer.text)
        assert (await api.ask("GET", f"/charges/{await api.charge_id()}")).status_code == 404
        other = issue(KEY, "omar", "elsewhere", ("driver",))
        stranger = {"Cookie": f"__Host-relais-access={other}"}
        assert (await api.press("at-dealership", beside=stranger)).status_code == 303
        assert (await api.shown())["status"] == "at_dealership"
