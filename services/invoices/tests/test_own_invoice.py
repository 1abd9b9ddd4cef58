"""A driver without a mandate writes the invoice; nothing is owed before it is accepted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.decisions import Changed
from contracts.invoices.invoice_v1 import Compared, ExpenseKind, InvoiceEvent, Line
from infra.testing.spec import Spec
from services.invoices import invoice
from services.invoices.invoice import Command
from services.invoices.invoice.rejections import (
    InvoiceNotApproved,
    LineIsContested,
    NoSuchCorrection,
    NoSuchInvoice,
    NoSuchOwnInvoice,
    NotYetIssued,
    OwnInvoice,
    OwnInvoiceDiffers,
    OwnInvoiceIsAccepted,
    WrittenForTheDriver,
)
from services.invoices.tests.make import (
    APPROVED,
    ISSUED,
    OWN,
    SELLER_MISSING,
    VALIDATED,
    VAT_DIFFERS,
    accept,
    accepted,
    approve,
    approved,
    contest,
    contested,
    eur,
    paid,
    refuse,
    refused,
    send,
    sent,
    settle,
    settled,
)

given = Spec(invoice.decide, invoice.evolve, invoice.initial).given
LOWERED = (*OWN, contested(), settled(version=8))
"""The toll was settled at 30.00 before the driver's invoice came."""
ACCEPTED = (*OWN, sent(), accepted())
RAISED = (
    *ACCEPTED,
    contested(),
    settled(3_500, adjustment=500, vat=100, version=10, waits=True),
)


def test_an_approval_without_a_mandate_waits_for_the_drivers_own_invoice() -> None:
    without = replace(approve(), self_billed=False)
    given(*VALIDATED).when(without).records(approved(self_billed=False, waits=True))
    given(*VALIDATED).when(approve()).records(approved())


def test_one_that_agrees_is_accepted_at_once() -> None:
    given(*OWN).when(send()).records(sent(), accepted())


def test_one_that_does_not_is_looked_at() -> None:
    given(*OWN).when(send(VAT_DIFFERS, SELLER_MISSING)).records(sent(VAT_DIFFERS, SELLER_MISSING))


def test_what_was_not_found_is_accepted_by_who_looked_at_it() -> None:
    given(*OWN, sent(SELLER_MISSING)).when(accept()).records(accepted(by="lea"))


def test_what_was_read_and_differs_is_not_accepted() -> None:
    waiting = given(*OWN, sent(VAT_DIFFERS, SELLER_MISSING))
    waiting.when(accept()).is_rejected(OwnInvoiceDiffers((VAT_DIFFERS.field,)))


@pytest.mark.parametrize("command", [accept(), refuse()])
def test_only_what_was_sent_is_decided_on(command: Command) -> None:
    given(*OWN).when(command).is_rejected(NoSuchOwnInvoice())
    given(*VALIDATED).when(command).is_rejected(NoSuchOwnInvoice())


def test_an_acceptance_names_the_document_and_the_total_that_were_seen() -> None:
    waiting = given(*OWN, sent(SELLER_MISSING))
    other = Changed({"file_id": "f-8"}, {"file_id": "f-9"})
    waiting.when(accept(file_id="f-8")).is_rejected(other)
    less = Changed({"total": eur(40_199)}, {"total": eur(40_200)})
    waiting.when(accept(total=40_199)).is_rejected(less)


def test_one_that_was_sent_back_may_follow_by_another() -> None:
    given(*OWN, sent(SELLER_MISSING)).when(refuse()).records(refused())
    back = (*OWN, sent(SELLER_MISSING), refused())
    given(*back).when(refuse()).records_nothing()
    given(*back).when(accept()).is_rejected(NoSuchOwnInvoice())
    given(*back).when(send(file_id="f-8")).records(
        sent(file_id="f-8"), replace(accepted(version=10), file_id="f-8")
    )


def test_another_document_than_the_one_looked_at_is_not_sent_back() -> None:
    rejected = Changed({"file_id": "f-8"}, {"file_id": "f-9"})
    given(*OWN, sent(SELLER_MISSING)).when(refuse(file_id="f-8")).is_rejected(rejected)


def test_what_is_accepted_stays_so() -> None:
    given(*ACCEPTED).when(send()).records_nothing()
    given(*ACCEPTED).when(accept()).records_nothing()
    is_accepted = OwnInvoiceIsAccepted("2030-14")
    for command in (send(file_id="f-8"), accept(file_id="f-8"), refuse()):
        given(*ACCEPTED).when(command).is_rejected(is_accepted)


def test_sent_twice_it_is_one_and_another_takes_its_place() -> None:
    waiting = (*OWN, sent(SELLER_MISSING))
    given(*waiting).when(send(SELLER_MISSING)).records_nothing()
    given(*waiting).when(send(SELLER_MISSING, file_id="f-8")).records(
        sent(SELLER_MISSING, file_id="f-8")
    )


def test_it_is_not_of_tomorrow() -> None:
    given(*OWN).when(send(issued_on=ISSUED)).records(sent(), accepted())
    tomorrow = ISSUED + timedelta(days=1)
    given(*OWN).when(send(issued_on=tomorrow)).is_rejected(NotYetIssued(tomorrow, ISSUED))


@pytest.mark.parametrize("events", [VALIDATED, VALIDATED[:-1]])
def test_before_the_approval_there_is_nothing_to_invoice(events: tuple[InvoiceEvent, ...]) -> None:
    given(*events).when(send()).is_rejected(InvoiceNotApproved())


def test_who_gave_a_mandate_sends_none() -> None:
    given(*APPROVED).when(send()).is_rejected(WrittenForTheDriver())


def test_nobody_accepts_their_own_and_strangers_find_none() -> None:
    waiting = given(*OWN, sent(SELLER_MISSING))
    waiting.when(accept(by="ada")).is_rejected(OwnInvoice())
    waiting.when(refuse(by="ada")).is_rejected(OwnInvoice())
    waiting.when(send(driver="bob")).is_rejected(NoSuchInvoice())


def test_a_contest_is_settled_first() -> None:
    disputed = (*OWN, contested())
    given(*disputed).when(send()).is_rejected(LineIsContested("e-1"))
    given(*OWN, sent(SELLER_MISSING), contested()).when(accept()).is_rejected(
        LineIsContested("e-1")
    )


def test_a_contest_settled_before_changes_what_is_owed_and_adjusts_nothing() -> None:
    given(*OWN, contested()).when(settle()).records(settled(version=8))
    toll = Line("e-1", ExpenseKind.TOLL, eur(3_000), 8)
    given(*LOWERED).when(send()).records(
        sent(net=33_000, vat=6_600), accepted(version=10, toll=toll, vat=6_600)
    )
    outdated = OwnInvoiceDiffers((Compared.TOTAL,))
    given(*OWN, sent(SELLER_MISSING), contested(), settled(version=9)).when(accept()).is_rejected(
        outdated
    )


def test_what_is_settled_afterwards_is_taken_at_once_but_given_with_an_invoice() -> None:
    disputed = (*ACCEPTED, contested())
    taken = settled(3_000, adjustment=-500, vat=-100, version=10)
    given(*disputed).when(settle()).records(taken)
    low = (*OWN, contested(), settled(version=8), sent(net=33_000, vat=6_600))
    toll = Line("e-1", ExpenseKind.TOLL, eur(3_000), 8)
    again = (*low, accepted(version=10, toll=toll, vat=6_600), contested())
    more = settle(amount=eur(3_500), instead_of=eur(3_000))
    given(*again).when(more).records(
        settled(3_500, adjustment=500, vat=100, version=12, waits=True)
    )


def test_what_a_settlement_adds_has_an_invoice_of_its_own() -> None:
    addition = replace(
        accepted(version=12),
        settlement_version=10,
        lines=(Line("e-1", ExpenseKind.TOLL, eur(500), 10),),
        net=eur(500),
        tax=replace(accepted().tax, amount=eur(100)),
        total=eur(600),
    )
    given(*RAISED).when(send(settlement=10)).records(
        sent(settlement=10, net=500, vat=100), addition
    )
    given(*RAISED).when(send(settlement=9)).is_rejected(NoSuchCorrection())


def test_what_a_settlement_takes_needs_none() -> None:
    taken = (*ACCEPTED, contested(), settled(3_000, adjustment=-500, vat=-100, version=10))
    given(*taken).when(send(settlement=10)).is_rejected(NoSuchCorrection())


def test_one_that_was_paid_before_may_still_be_followed_by_its_invoice() -> None:
    early = (*VALIDATED, approved(self_billed=False), paid())
    given(*early).when(send()).records(sent(), accepted(version=9))
    given(*early).when(contest()).records(contested())
