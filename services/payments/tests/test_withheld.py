"""A document that would break a rule has no number, people see why, and it goes on once mended."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.customers.customer_v1 import CaseLinked, CompanyStated, LinkReason
from contracts.payments.charge_v1 import DocumentWithheld
from infra.testing.following import NOON, follow
from infra.testing.spec import Spec
from services.payments import charge
from services.payments.aggregates import CHARGE
from services.payments.charge.papers import NoSuchRefund, RefundHolds, WithholdDocument
from services.payments.charge.paying import NoSuchCharge
from services.payments.charge.refunding import ChargeIsNotPaid
from services.payments.tests.cards_stage import Caller, served
from services.payments.tests.make_cards import (
    AT,
    GROUP,
    HOUSE,
    MINE,
    MOREAU,
    TYRES,
    begun,
    note_number,
    numbered,
    offered,
    paid,
    part,
    refund_made,
)

given = Spec(charge.decide, charge.evolve, charge.initial).given
PAID = (offered(), begun(), paid())
BACK = part(TYRES, 20_000, 4_000)
MADE = refund_made(BACK, total=BACK.amounts, version=5)
RULE, SAYS = "BR-FR-10", "[BR-FR-10] The SIREN has nine digits."


def withhold(
    *broken: tuple[str, str], refund_id: str | None = None, cancels: bool = False
) -> WithholdDocument:
    return WithholdDocument(
        charge_id=MINE,
        refund_id=refund_id,
        cancels=cancels,
        broken=broken or ((RULE, SAYS),),
        responsible_id="gina",
        at=AT,
    )


def withheld(
    *rules: str, says: str = SAYS, refund_id: str | None = None, cancels: bool | None = None
) -> DocumentWithheld:
    return DocumentWithheld(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        refund_id=refund_id,
        cancels=cancels,
        rules=rules or (RULE,),
        says=says,
        responsible_id="gina",
        withheld_at=AT,
    )


@pytest.mark.requirement("FLB-173")
def test_the_rules_that_a_document_breaks_are_told_once() -> None:
    given(*PAID).when(withhold()).records(withheld())
    others = withhold(("BR-12", "One."), ("BR-13", "Two."), ("BR-13", "Three."))
    given(*PAID, withheld()).when(others).records(
        withheld("BR-12", "BR-13", says="One.\nTwo.\nThree.")
    )


def test_the_next_document_is_another_one() -> None:
    done = (*PAID, withheld(), numbered(), MADE)
    given(*done).when(withhold(refund_id="R1")).records(withheld(refund_id="R1"))


def test_nothing_is_withheld_of_a_document_with_a_number() -> None:
    given(*PAID, numbered()).when(withhold()).records_nothing()


def test_only_documents_that_there_are_to_be_are_withheld() -> None:
    given().when(withhold()).is_rejected(NoSuchCharge())
    given(offered()).when(withhold()).is_rejected(ChargeIsNotPaid())
    given(*PAID).when(withhold(refund_id="R1")).is_rejected(NoSuchRefund())
    given(*PAID, MADE).when(withhold(refund_id="R1", cancels=True)).is_rejected(RefundHolds())


def test_a_document_that_was_withheld_gets_its_number() -> None:
    given(*PAID, withheld()).when(note_number()).records(numbered())


# --- Over HTTP ----------------------------------------------------------------------------------

LINKED = CaseLinked(
    customer_id="c-1",
    organisation_id=GROUP,
    dealership_id=HOUSE,
    case_id="J1",
    contact_id="c-1",
    reason=LinkReason.NAMED,
    linked_at=NOON,
)


def stated(number: str, minutes: int = 0) -> CompanyStated:
    return CompanyStated(
        customer_id="c-1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        legal_name=MOREAU.name,
        company_number=number,
        vat_number=MOREAU.vat_number,
        registered_office=MOREAU.office,
        postal_code=MOREAU.postal_code,
        city=MOREAU.city,
        country="FR",
        stated_by="lea",
        stated_at=NOON + timedelta(minutes=minutes),
    )


async def facts(api: Caller) -> list[Any]:
    history = await api.running.commands.history(CHARGE, await api.charge_id())
    return [one.event for one in history]


@pytest.mark.requirement("FLB-173")
async def test_people_see_the_rules_that_a_document_breaks(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await follow(api.running, LINKED, stated("12"))
        charge_id = await api.paid()
        # However often it is tried, it is told once.
        for _ in range(2):
            await api.clerk.number(charge_id)
        shown = await api.shown()
        [known] = [one for one in await facts(api) if isinstance(one, DocumentWithheld)]
        await follow(api.running, *await facts(api))
        [listed] = (await api.ask("GET", "/charges?withheld=true")).json()["items"]
        assert (await api.ask("GET", "/charges?withheld=false")).json()["items"] == []
    told = shown["withheld"]
    assert told.pop("withheld_at")
    assert known.rules == ("BR-FR-32-LEGALID",)
    assert "BR-FR-32" in (known.says or "")
    assert (known.responsible_id, known.refund_id, known.cancels) == ("gina", None, None)
    assert told == {
        "refund_id": None,
        "cancels": False,
        "rules": list(known.rules),
        "says": known.says,
    }
    assert (listed["charge_id"], listed["broken_rules"]) == (charge_id, told["rules"])


@pytest.mark.requirement("FLB-173", "FLB-176")
async def test_a_document_goes_on_once_its_cause_is_mended(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await follow(api.running, LINKED, stated("12"))
        charge_id = await api.paid()
        await api.clerk.number(charge_id)
        assert (await api.shown())["invoice_number"] is None
        await follow(api.running, stated(MOREAU.number, 1))
        await api.clerk.number(charge_id)
        shown = await api.shown()
        assert (shown["invoice_number"], shown["withheld"]) == ("LYON-000001", None)
        await follow(api.running, *await facts(api))
        [listed] = (await api.ask("GET", "/charges")).json()["items"]
        assert (listed["invoice_number"], listed["broken_rules"]) == ("LYON-000001", [])
