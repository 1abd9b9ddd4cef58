"""The payment of a case: offered on its page where cards are taken, and marked once it is made."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.dealerships.dealership_v1 import Licence, LicencesChanged
from contracts.interventions.case_v1 import LinkScope
from contracts.payments.account_v1 import AccountConnected, AccountDisconnected, CompanyDeclared
from contracts.payments.charge_v1 import DocumentNumbered
from infra import payment_links
from infra.http.customer_pages.browsers import COOKIE
from infra.testing.following import NOON, follow
from infra.testing.pages import words
from services.interventions import case
from services.interventions.tests.make import (
    GROUP,
    ID,
    LILLE,
    PENDING,
    SENT,
    send,
    take_down,
)
from services.interventions.tests.serving import served
from services.interventions.tests.test_bringing import ON, answered_case, id_of
from services.interventions.tests.test_payments_charge import paid, refunded
from services.interventions.tests.test_report_page import SENT as REPORT_SENT
from services.interventions.tests.test_sending import name_recipient
from services.interventions.tests.visiting import visiting

LICENSED = LicencesChanged(
    dealership_id=LILLE,
    organisation_id=GROUP,
    licences=(Licence.ONLINE_PAYMENT,),
    changed_by="otto",
    changed_at=NOON,
)
COMPANY = CompanyDeclared(
    dealership_id=LILLE,
    organisation_id=GROUP,
    legal_name="Lumen SAS",
    company_number="73282932000074",
    vat_number=None,
    registered_office="1 rue Nationale",
    postal_code="59000",
    city="Lille",
    country="FR",
    declared_by="maya",
    declared_at=NOON,
)
CONNECTED = AccountConnected(
    dealership_id=LILLE,
    organisation_id=GROUP,
    provider_account_id="acct_1",
    live=False,
    publishable_key="pk_test_1",
    key_ends_with="1234",
    currencies=("EUR",),
    connected_by="maya",
    connected_at=NOON,
)
DISCONNECTED = AccountDisconnected(
    dealership_id=LILLE, organisation_id=GROUP, disconnected_by="maya", disconnected_at=NOON
)
TAKES_CARDS = (LICENSED, COMPANY, CONNECTED)
ANSWERED = (*SENT, take_down("pads"))
OFFER = "Vous pouvez payer 120,00 € par carte en ligne, ou en concession."


def numbered() -> DocumentNumbered:
    return DocumentNumbered(
        charge_id="charge",
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=ID,
        refund_id=None,
        number="LILLE-000001",
        account_version=2,
        numbered_at=NOON,
        cancels=None,
        buyer_name=None,
        buyer_number=None,
        buyer_vat_number=None,
        buyer_office=None,
        postal_code=None,
        city=None,
        buyer_country=None,
    )


def said(page: Any) -> str:
    return words(page).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def paths(page: Any) -> list[str]:
    """The paths of the payment that the page leads to."""
    return re.findall(r'href="(/payments/page/[^"]+)"', page.text)


@pytest.mark.requirement("FLB-169", "FLB-172", "M-09")
async def test_an_answered_case_leads_to_the_page_where_it_is_paid(database: str) -> None:
    async with visiting(database, *ANSWERED) as claire:
        await follow(claire.running, *TAKES_CARDS)
        page = await claire.look()
        assert OFFER in said(page)
        [path] = paths(page)
        masters = claire.running.settings.masters
        assert payment_links.read(masters, path.rpartition("/")[2], datetime.now(UTC)) == ID


@pytest.mark.requirement("FLB-169", "FLB-170")
@pytest.mark.parametrize(
    ("commands", "facts"),
    [
        (SENT, TAKES_CARDS),
        ((*SENT, replace(take_down(), risks_acknowledged=("pads",))), TAKES_CARDS),
        (ANSWERED, (COMPANY, CONNECTED)),
        (ANSWERED, (LICENSED, CONNECTED)),
        (ANSWERED, (LICENSED, COMPANY)),
        (ANSWERED, (*TAKES_CARDS, DISCONNECTED)),
    ],
    ids=["unanswered", "all refused", "unlicensed", "no company", "no keys", "keys taken away"],
)
async def test_nothing_is_offered_where_nothing_is_to_pay_or_no_card_is_taken(
    database: str, commands: tuple[case.Command, ...], facts: tuple[Any, ...]
) -> None:
    async with visiting(database, *commands) as claire:
        await follow(claire.running, *facts)
        page = await claire.look()
        assert "Paiement" not in said(page)
        assert paths(page) == []


@pytest.mark.requirement("FLB-173")
async def test_once_paid_the_page_says_so_and_has_the_invoice(database: str) -> None:
    async with visiting(database, *ANSWERED) as claire:
        await follow(claire.running, *TAKES_CARDS, paid(ID, pads=12_000))
        page = await claire.look()
        assert "Votre paiement de 120,00 € a été reçu" in said(page)
        assert OFFER not in said(page)
        assert "Accepté : Pads · 120,00 € · Payé en ligne" in said(page)
        assert len(paths(page)) == 1
        await follow(claire.running, numbered(), refunded("1", ID, pads=2_000))
        page = await claire.look()
        assert [one.partition("/invoice")[1] for one in paths(page)] == ["/invoice", ""]
        assert "Dont 20,00 € vous ont été remboursés." in said(page)


@pytest.mark.requirement("FLB-175")
async def test_a_work_report_is_paid_for_what_was_done(database: str) -> None:
    async with visiting(database, *REPORT_SENT) as claire:
        await follow(claire.running, *TAKES_CARDS)
        assert OFFER in said(await claire.look())
        await follow(claire.running, paid(ID, **{"J1-oil": 12_000}))
        assert "Oil Urgent Payé en ligne" in said(await claire.look())


async def test_a_colleague_sees_the_offer_and_no_link(database: str) -> None:
    async with visiting(database, *ANSWERED) as claire:
        await follow(claire.running, *TAKES_CARDS)
        page = await claire.preview("administrative_agent")
        assert OFFER in said(page)
        assert paths(page) == []


@pytest.mark.requirement("FLB-174")
async def test_a_paid_case_has_a_mark_beside_each_work_that_stays_paid(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        path = await answered_case(caller)
        id = id_of(path)
        assert (await caller.shown(path))["payment"] is None
        await follow(caller.running, paid(id, pads=10_800), replace(numbered(), case_id=id))
        shown = await caller.shown(path)
        assert shown["payment"].pop("paid_at")
        assert shown["payment"] == {
            "charge_id": "charge",
            "total": {"amount_minor": 10_800, "currency": "EUR"},
            "refunded": {"amount_minor": 0, "currency": "EUR"},
            "work_ids": ["pads"],
            "invoice_number": "LILLE-000001",
        }
        assert [(o["work_id"], o["paid"]) for o in shown["answer"]["lines"]] == MARKED
        await follow(caller.running, refunded("1", id, pads=10_800))
        shown = await caller.shown(path)
        assert shown["payment"]["work_ids"] == []
        assert not any(one["paid"] for one in shown["answer"]["lines"])


MARKED = [("pads", True), ("tyres", False)]


@pytest.mark.requirement("FLB-172")
@pytest.mark.parametrize(
    ("scope", "pays"), [(LinkScope.READ, True), (LinkScope.ANSWER, False)], ids=["pays", "answers"]
)
async def test_a_recipient_is_led_to_the_payment_who_has_the_right_to_pay(
    database: str, scope: LinkScope, pays: bool
) -> None:
    """To answer and to pay are two rights (I4)."""
    desk = replace(name_recipient(), scope=scope, sees_prices=True, pays=pays)
    async with visiting(database, *PENDING, desk, send(), take_down("pads")) as claire:
        await follow(claire.running, *TAKES_CARDS)
        assert len(paths(await claire.look())) == 1
        await claire.holds("lease.1")
        page = await claire.look()
        assert len(paths(page)) == pays
        await follow(claire.running, paid(ID, pads=12_000), numbered())
        assert any(one.endswith("/invoice") for one in paths(await claire.look())) is pays


async def test_whoever_a_link_was_forwarded_to_is_led_to_no_payment(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        await follow(claire.running, *TAKES_CARDS)
        claire.beside = {"Cookie": f"{COOKIE}={'a' * 24}"}
        await claire.send("opened", await claire.look())
        await claire.has(take_down("pads"))
        assert len(paths(await claire.look())) == 1
        claire.beside = {"Cookie": f"{COOKIE}={'b' * 24}"}
        assert paths(await claire.look()) == []
