"""Cases that are not paid online, over HTTP: paid at the dealership, or owed by a company."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.customers.customer_v1 import (
    CaseLinked,
    CompanyRemoved,
    CompanyStated,
    LinkReason,
    SubjectForgotten,
)
from contracts.interventions.case_v1 import Module, Work, WorkSource
from contracts.payments.charge_v1 import DunningStep
from contracts.runtime import REDACTED
from infra import payment_links
from infra.testing.following import NOON, follow
from services.payments.adapters import charge_ids
from services.payments.reactions import from_interventions_case
from services.payments.read_models import debts
from services.payments.read_models.debts import project
from services.payments.tests.cards_stage import (
    PADS,
    TYRES,
    Caller,
    closed,
    created,
    eur,
    named,
    served,
    work,
)
from services.payments.tests.make_cards import GROUP, HOUSE, MINE, offered, paid, settled
from services.payments.tests.make_debts import (
    LADDER_TAKEN,
    decided,
    deferred,
    disputed,
    given_up,
    taken,
)
from services.payments.tests.test_charges_api import reported

STATED = CompanyStated(
    customer_id="claire",
    organisation_id=GROUP,
    dealership_id=HOUSE,
    legal_name="Transports Moreau SARL",
    company_number="303265045",
    vat_number="FR40303265045",
    registered_office="12 rue du Port",
    postal_code="59000",
    city="Lille",
    country="FR",
    stated_by="gina",
    stated_at=NOON,
)
LINKED = CaseLinked(
    customer_id="claire",
    organisation_id=GROUP,
    dealership_id=HOUSE,
    case_id="J1",
    contact_id="claire",
    reason=LinkReason.NAMED,
    linked_at=NOON,
)


def day(in_days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=in_days)).isoformat()


def elsewhere(amount: int = 35_000, paid_on: str = "2026-11-02") -> dict[str, Any]:
    return {
        "amount": eur(amount),
        "means": "transfer",
        "reference": "VIR 118",
        "paid_on": paid_on,
    }


def deferral(amount: int = 35_000, due_in: int = 30) -> dict[str, Any]:
    return {
        "amount": eur(amount),
        "invoice_number": "F-118",
        "invoiced_on": day(-2),
        "due_on": day(due_in),
        "email": "compta@moreau.example",
    }


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def puts(api: Caller, part: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = await api.ask("PUT", f"/cases/J1/{part}", body)
    return answer.status_code, "" if answer.is_success else slug(answer)


@pytest.mark.requirement("FLB-172")
async def test_staff_record_a_payment_at_the_dealership(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.session_id()
        assert await puts(api, "payment-elsewhere", elsewhere(34_999)) == (422, "amount-not-owed")
        assert [one["status"] for one in api.cards.sessions.values()] == ["open"]
        assert await puts(api, "payment-elsewhere", elsewhere()) == (200, "")
        shown = await api.shown()
        assert shown["status"] == "settled"
        assert shown["elsewhere"].pop("recorded_at")
        assert shown["elsewhere"] == elsewhere() | {"recorded_by": "gina"}
        assert [one["status"] for one in api.cards.sessions.values()] == ["expired"]
        page = await api.look()
        assert "It was paid at the dealership." in page
        assert "Pay online by card" not in page


async def test_nothing_is_recorded_that_was_paid_by_card_meanwhile(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        assert await puts(api, "payment-elsewhere", elsewhere()) == (409, "charge-is-paid")


async def test_a_company_gets_time_to_pay_and_disputes(database: str) -> None:
    async with served(database) as api:
        assert await puts(api, "deferral", deferral()) == (409, "customer-is-no-company")
        await follow(api.running, STATED, LINKED)
        assert await puts(api, "deferral", deferral(34_999)) == (412, "changed")
        assert await puts(api, "deferral", deferral(due_in=-1)) == (422, "due-in-past")
        assert await puts(api, "deferral", deferral()) == (200, "")
        charge_id = await api.charge_id()
        said = {"reason": "Rien n'a été fait."}
        assert (await api.ask("POST", f"/charges/{charge_id}/dispute", said)).is_success
        debt = (await api.shown())["debt"]
        assert debt.pop("disputed_at")
        assert debt == {
            "customer_id": "claire",
            "debtor_name": "Transports Moreau SARL",
            **deferral(),
            "indemnity": eur(4_000),
            "steps": [],
            "next_step_at": None,
            "reason": "Rien n'a été fait.",
            "is_owed": True,
        }
        path = f"/charges/{charge_id}/dispute/settlement"
        assert (await api.ask("POST", path, {"owed": False})).is_success
        assert (await api.shown())["debt"]["is_owed"] is False


async def test_a_company_that_is_none_any_more_gets_no_time(database: str) -> None:
    removed = CompanyRemoved(
        customer_id="claire",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        removed_by="gina",
        removed_at=NOON,
    )
    async with served(database) as api:
        await follow(api.running, STATED, LINKED, removed)
        assert await puts(api, "deferral", deferral()) == (409, "customer-is-no-company")


async def test_a_company_on_hold_gets_no_time(database: str) -> None:
    held = (offered(), replace(deferred(), customer_id="claire"), *LADDER_TAKEN)
    async with served(database) as api:
        await follow(api.running, STATED, LINKED, *held)
        assert await puts(api, "deferral", deferral()) == (409, "company-is-on-hold")
        await follow(api.running, *held, settled())
        assert await puts(api, "deferral", deferral()) == (200, "")


def held(customer_id: str, organisation_id: str = GROUP) -> tuple[Any, ...]:
    """An invoice of a customer at another dealership, after the last step."""
    debt: tuple[Any, ...] = (deferred(), *LADDER_TAKEN)
    whose = {"customer_id": customer_id, "organisation_id": organisation_id}
    return tuple(replace(one, charge_id=f"CH-{customer_id}", **whose) for one in debt)


async def test_a_company_is_on_hold_at_every_dealership_of_its_group(database: str) -> None:
    record = replace(
        STATED, customer_id="moreau", dealership_id="dijon", company_number="30326504500003"
    )
    async with served(database) as api:
        await follow(api.running, STATED, LINKED, record, *held("moreau"))
        assert await puts(api, "deferral", deferral()) == (409, "company-is-on-hold")


async def test_a_hold_is_of_no_other_company_and_no_other_group(database: str) -> None:
    other = replace(STATED, customer_id="other", company_number="732829320")
    abroad = replace(STATED, customer_id="abroad", country="BE")
    namesake = replace(STATED, customer_id="namesake", organisation_id="grand")
    async with served(database) as api:
        await follow(api.running, STATED, LINKED, other, abroad, namesake)
        for holder in (held("other"), held("abroad"), held("namesake", "grand")):
            await follow(api.running, *holder)
        assert await puts(api, "deferral", deferral()) == (200, "")


async def test_a_case_of_another_dealership_is_none(database: str) -> None:
    async with served(database) as api:
        for part, body in (("deferral", deferral()), ("payment-elsewhere", elsewhere())):
            assert (await api.agent("PUT", f"/cases/J1/{part}", body)).status_code == 404
            assert (await api.ask("PUT", f"/cases/J9/{part}", body)).status_code == 404
        await follow(api.running, deferred())
        assert (await api.agent("GET", "/debts")).json()["items"] == []


async def test_the_list_shows_what_is_owed(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, deferred(), taken())
        [one] = (await api.ask("GET", "/debts", None)).json()["items"]
        assert one == {
            "charge_id": MINE,
            "dealership_id": HOUSE,
            "case_id": "J1",
            "customer_id": "moreau",
            "debtor_name": "Transports Moreau SARL",
            "invoice_number": "F-118",
            "due_on": "2030-05-31",
            "owed": eur(35_000),
            "standing": "owed",
            "step": "notice",
            "next_step_at": "2030-06-09T07:00:00Z",
            "held": False,
        }
        assert (await api.ask("GET", "/debts?standing=paid")).json()["items"] == []


@pytest.mark.requirement("G-50")
async def test_a_debtor_who_was_forgotten_has_no_name(database: str) -> None:
    forgotten = SubjectForgotten(customer_id="moreau", forgotten_at=NOON)
    read_again = replace(deferred(), charge_id="CH9", debtor_name=REDACTED)
    async with served(database) as api:
        await follow(api.running, deferred(), forgotten, read_again)
        items = (await api.ask("GET", "/debts", None)).json()["items"]
    assert [one["debtor_name"] for one in items] == [None, None]


def reported_from(*works: Work) -> tuple[Any, ...]:
    """A work report `J2`, into which works of the case `J1` were imported."""
    there = [replace(one, source=WorkSource(case_id="J1", work_id=one.work_id)) for one in works]
    events = (created(Module.WORK_REPORT), named(), reported(3, *there))
    return tuple(replace(one, case_id="J2") for one in events)


REFUSED = work("wipers", "Essuie-glaces", 5_000, 1_000)


async def asked(api: Caller) -> str:
    """The page on which the work report is paid."""
    until = datetime.now(UTC) + timedelta(hours=1)
    page = payment_links.address(api.running.settings.masters, "J2", until)
    return (await api.client.get(page.removeprefix("/payments"))).text


@pytest.mark.requirement("G-59", "FLB-175")
@pytest.mark.parametrize(
    ("part", "body"), [("payment-elsewhere", elsewhere), ("deferral", deferral)]
)
async def test_a_work_report_asks_for_nothing_that_was_paid_or_is_owed_in_its_case(
    database: str, part: str, body: Callable[[], dict[str, Any]]
) -> None:
    async with served(database) as api:
        await follow(api.running, STATED, LINKED, *reported_from(PADS, TYRES, REFUSED))
        assert "€410.00" in await asked(api)
        assert await puts(api, part, body()) == (200, "")
        shown = await asked(api)
        assert ("€60.00" in shown, "Pneus" in shown) == (True, False)
        await follow(api.running, *reported_from(PADS, TYRES))
        assert "There is nothing to pay" in await asked(api)


@pytest.mark.requirement("G-59", "FLB-175")
async def test_a_work_report_asks_for_nothing_that_was_paid_online_since(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await follow(api.running, *reported_from(PADS, TYRES, REFUSED))
        await api.paid()
        shown = await asked(api)
        assert ("€60.00" in shown, "Pneus" in shown) == (True, False)


@pytest.mark.requirement("FLB-175")
async def test_a_form_goes_away_with_the_case(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.session_id()
        await follow(api.running, closed())
        [command] = from_interventions_case.react(closed())
        charge_id = charge_ids.of_revoked(command)
        await api.cashier.do(charge_id, command)
        await api.cashier.learn(charge_id)
        assert [one["status"] for one in api.cards.sessions.values()] == ["expired"]
        assert (await api.shown())["status"] == "failed"


# --- The rows ---------------------------------------------------------------


def row_of(*events: debts.Reads) -> debts.Debt | None:
    row: debts.Debt | None = None
    for event in events:
        row = project(row, event)
        assert project(row, event) == row
    return row


def test_a_debt_is_held_from_the_last_step_until_it_is_paid_or_disputed() -> None:
    ladder: tuple[debts.Reads, ...] = (deferred(), *LADDER_TAKEN)
    before, held = row_of(*ladder[:-1]), row_of(*ladder)
    assert before is not None
    assert held is not None
    assert (before.held, held.held, held.owed_minor) == (False, True, 39_000)
    assert held.step == DunningStep.HOLD.name
    for last in (settled(), paid(), disputed()):
        released = row_of(*ladder, last)
        assert released is not None
        assert not released.held
    again = row_of(*ladder, disputed(), decided())
    assert again is not None
    assert (again.held, again.standing) == (True, "owed")


@pytest.mark.requirement("G-50")
def test_what_a_forgotten_company_owes_stands_and_nothing_more_is_planned() -> None:
    left = row_of(deferred(), taken(), given_up())
    assert left is not None
    assert (left.standing, left.owed_minor, left.next_step_at) == ("owed", 35_000, None)


def test_what_is_waived_is_not_owed() -> None:
    waived = row_of(deferred(), disputed(), decided(owed=False))
    assert waived is not None
    assert (waived.standing, waived.owed_minor, waived.next_step_at) == ("waived", 0, None)


def test_a_charge_that_no_company_owes_has_no_row() -> None:
    assert row_of(settled()) is None
    assert row_of(paid()) is None
