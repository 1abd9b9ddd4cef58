"""Valid messages about invoices that companies pay by a day; a test names only what it is about."""

from datetime import UTC, date, datetime

from contracts.payments.charge_v1 import (
    DebtDisputed,
    DisputeSettled,
    DunningGivenUp,
    DunningStep,
    DunningStepTaken,
    PaymentDeferred,
)
from services.payments.charge.dunning import (
    Debtor,
    DeferPayment,
    DisputeDebt,
    SettleDispute,
    TakeStep,
)
from services.payments.tests.make_cards import AT, GROUP, HOUSE, MINE, TODAY, money, offer

MOREAU = Debtor(customer_id="moreau", name="Transports Moreau SARL")
DUE = date(2030, 5, 31)


def nine(month: int, day: int) -> datetime:
    """Nine in the morning of a day of summer in Lyon."""
    return datetime(2030, month, day, 7, tzinfo=UTC)


FIRST = nine(6, 1)
DECIDED = nine(6, 20)
STEPS = {
    DunningStep.NOTICE: (FIRST, date(2030, 6, 8), nine(6, 9)),
    DunningStep.FORMAL_NOTICE: (nine(6, 9), date(2030, 6, 16), nine(6, 17)),
    DunningStep.INDEMNITY: (nine(6, 17), date(2030, 6, 24), nine(6, 25)),
    DunningStep.HOLD: (nine(6, 25), None, None),
}
"""When each is taken where nobody pays, by when that is to be paid, and when the next one is."""


def defer(
    debtor: Debtor | None = MOREAU,
    amount: int = 35_000,
    invoiced_on: date = TODAY,
    due_on: date = DUE,
    held_by: str | None = None,
    in_union: bool = True,
    number: str = "F-118",
    organisation: str = GROUP,
) -> DeferPayment:
    return DeferPayment(
        charge_id=MINE,
        organisation_id=organisation,
        offer=offer(),
        debtor=debtor,
        held_by=held_by,
        email="compta@moreau.example",
        amount=money(amount),
        invoice_number=number,
        invoiced_on=invoiced_on,
        due_on=due_on,
        today=TODAY,
        in_union=in_union,
        dealership_called="Petit Lyon",
        by="gina",
        at=AT,
    )


def deferred(
    due_on: date = DUE, next_step_at: datetime = FIRST, has_indemnity: bool = True
) -> PaymentDeferred:
    return PaymentDeferred(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        customer_id="moreau",
        debtor_name="Transports Moreau SARL",
        email="compta@moreau.example",
        language="fr",
        invoice_number="F-118",
        invoiced_on=TODAY,
        due_on=due_on,
        amount=money(35_000),
        indemnity=money(4_000) if has_indemnity else None,
        dealership_called="Petit Lyon",
        deferred_by="gina",
        deferred_at=AT,
        next_step_at=next_step_at,
    )


def step(at: datetime = FIRST) -> TakeStep:
    return TakeStep(charge_id=MINE, at=at)


def taken(which: DunningStep = DunningStep.NOTICE) -> DunningStepTaken:
    at, pay_by, next_step_at = STEPS[which]
    claimed = which in (DunningStep.INDEMNITY, DunningStep.HOLD)
    return DunningStepTaken(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        customer_id="moreau",
        debtor_name="Transports Moreau SARL",
        email="compta@moreau.example",
        language="fr",
        dealership_called="Petit Lyon",
        step=which,
        invoice_number="F-118",
        due_on=DUE,
        owed=money(39_000 if claimed else 35_000),
        indemnity=money(4_000),
        pay_by=pay_by,
        responsible_id="gina",
        taken_at=at,
        next_step_at=next_step_at,
    )


def given_up() -> DunningGivenUp:
    return DunningGivenUp(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        customer_id="moreau",
        dealership_called="Petit Lyon",
        invoice_number="F-118",
        owed=money(35_000),
        responsible_id="gina",
        given_up_at=FIRST,
    )


def dispute(reason: str = "Rien n'a été fait.") -> DisputeDebt:
    return DisputeDebt(
        charge_id=MINE, organisation_id=GROUP, reason=reason, by="gina", at=nine(6, 3)
    )


def disputed() -> DebtDisputed:
    return DebtDisputed(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        customer_id="moreau",
        reason="Rien n'a été fait.",
        disputed_by="gina",
        disputed_at=nine(6, 3),
    )


def decide_dispute(owed: bool = True, at: datetime = DECIDED) -> SettleDispute:
    return SettleDispute(charge_id=MINE, organisation_id=GROUP, owed=owed, by="gina", at=at)


def decided(owed: bool = True, next_step_at: datetime | None = None) -> DisputeSettled:
    return DisputeSettled(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        customer_id="moreau",
        owed=owed,
        settled_by="gina",
        settled_at=nine(6, 20),
        next_step_at=next_step_at,
    )


LADDER_TAKEN = tuple(map(taken, STEPS))
"""Every step, where nobody pays."""
