"""A driver as somebody to be paid: company, mandate, bank details whose change is guarded (P8)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from contracts.payments.invoice_v1 import TaxCategory
from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    CompanyDeclared,
    MandateGiven,
    MandateWithdrawn,
    PayeeEvent,
    QuestionAsked,
)
from contracts.timers import CancelTimer, SetTimer
from services.payments.sums import Treatment

HOLD = timedelta(hours=48)
"""How long other bank details wait, and every payout with them."""
FRESH = timedelta(minutes=10)
"""How long ago, at most, who changes bank details showed a secret."""
TIMER = "bank-change"
RATES = {
    "BE": 2100,
    "DE": 1900,
    "ES": 2100,
    "FR": 2000,
    "IT": 2200,
    "LU": 1700,
    "MA": 2000,
    "NL": 2100,
    "PT": 2300,
}
"""The countries companies may be in, with their standard rate of VAT in basis points."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeclareCompany:
    driver_id: str
    organisation_id: str
    legal_name: str
    street: str
    postal_code: str
    city: str
    country: str
    company_number: str
    vat_number: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class GiveMandate:
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawMandate:
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeBankDetails:
    """`at` is the time by our clock, whatever a phone says: the hold begins then."""

    driver_id: str
    organisation_id: str
    change_id: str
    iban: str
    bic: str | None
    holder: str
    proof_file_id: str
    authenticated_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelBankChange:
    driver_id: str
    organisation_id: str
    change_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplyBankChange:
    """Comes from the timer and so speaks for no organisation."""

    driver_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AskQuestion:
    driver_id: str
    organisation_id: str
    question_id: str
    invoice_id: str | None
    question: str
    at: datetime


Asked = (
    DeclareCompany
    | GiveMandate
    | WithdrawMandate
    | ChangeBankDetails
    | CancelBankChange
    | AskQuestion
)
Command = Asked | ApplyBankChange

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPayee:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchChange:
    pass


@dataclass(frozen=True, slots=True)
class AuthenticationTooOld:
    """`at` is None when it is not known at all."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeIsWaiting:
    until: datetime


@dataclass(frozen=True, slots=True)
class QuestionIdTaken:
    question_id: str


Rejection = NoSuchPayee | NoSuchChange | AuthenticationTooOld | ChangeIsWaiting | QuestionIdTaken

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nothing is known of the driver yet."""


@dataclass(frozen=True, slots=True)
class Payee:
    """`pending` is the change that waits; `bank` is where money goes meanwhile, though none does.

    `ended` are the changes that were stopped or took effect.
    """

    organisation_id: str
    version: int = 0
    company: CompanyDeclared | None = None
    mandate: MandateGiven | None = None
    bank: BankDetailsGiven | BankChangeRequested | None = None
    pending: BankChangeRequested | None = None
    ended: frozenset[str] = frozenset()
    questions: tuple[QuestionAsked, ...] = ()

    @property
    def self_billed(self) -> bool:
        """The organisation writes the driver's invoices."""
        return self.mandate is not None


State = Stranger | Payee
initial: State = Stranger()


def evolve(state: State, event: PayeeEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    known = state if isinstance(state, Payee) else Payee(event.organisation_id)
    found = replace(known, version=known.version + 1)
    match event:
        case CompanyDeclared():
            return replace(found, company=event)
        case MandateGiven():
            return replace(found, mandate=event)
        case MandateWithdrawn():
            return replace(found, mandate=None)
        case BankDetailsGiven():
            return replace(found, bank=event)
        case BankChangeRequested():
            return replace(found, pending=event)
        case BankChangeCancelled():
            return replace(found, pending=None, ended=found.ended | {event.change_id})
        case BankChangeTookEffect():
            ended = found.ended | {event.change_id}
            return replace(found, bank=found.pending, pending=None, ended=ended)
        case QuestionAsked():
            return replace(found, questions=(*found.questions, event))
        case unhandled:
            assert_never(unhandled)


def treatment(company: CompanyDeclared | None, buyer_country: str) -> Treatment | None:
    """How the company's services to a buyer there are taxed; None without a company."""
    if company is None:
        return None
    if not company.charges_vat:
        return Treatment(TaxCategory.EXEMPT, 0)
    if company.country != buyer_country:
        return Treatment(TaxCategory.REVERSE_CHARGE, 0)
    return Treatment(TaxCategory.STANDARD, RATES[company.country])


# --- Decisions --------------------------------------------------------------

Decision = list[PayeeEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, ApplyBankChange):
        return _apply(command, state)
    if isinstance(state, Payee) and state.organisation_id != command.organisation_id:
        return NoSuchPayee()
    found = state if isinstance(state, Payee) else Payee(command.organisation_id)
    match command:
        case DeclareCompany():
            return _declare(command, found)
        case GiveMandate():
            event = MandateGiven(command.driver_id, command.organisation_id, command.at)
            return [event] if found.mandate is None else []
        case WithdrawMandate():
            gone = MandateWithdrawn(command.driver_id, command.organisation_id, command.at)
            return [gone] if found.mandate is not None else []
        case ChangeBankDetails():
            return _change(command, found)
        case CancelBankChange():
            return _cancel(command, found)
        case AskQuestion():
            return _ask(command, found)
        case unhandled:
            assert_never(unhandled)


def _declare(command: DeclareCompany, found: Payee) -> Decision:
    event = CompanyDeclared(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        legal_name=command.legal_name,
        street=command.street,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        company_number=command.company_number,
        vat_number=command.vat_number,
        charges_vat=command.vat_number is not None,
        declared_at=command.at,
    )
    known = found.company and replace(found.company, declared_at=command.at)
    return [] if event == known else [event]


def _change(command: ChangeBankDetails, found: Payee) -> Decision:
    wanted = (command.iban, command.bic, command.holder)
    waiting = found.pending
    if waiting is not None:
        repeated = (waiting.iban, waiting.bic, waiting.holder) == wanted
        return [] if repeated else ChangeIsWaiting(waiting.effective_at)
    bank = found.bank
    if bank is not None and (bank.iban, bank.bic, bank.holder) == wanted:
        return []
    shown = command.authenticated_at
    if shown is None or command.at - shown > FRESH:
        return AuthenticationTooOld(shown)
    return [_given(command) if bank is None else _requested(command, shown)]


def _given(command: ChangeBankDetails) -> BankDetailsGiven:
    return BankDetailsGiven(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        iban=command.iban,
        bic=command.bic,
        holder=command.holder,
        proof_file_id=command.proof_file_id,
        given_at=command.at,
    )


def _requested(command: ChangeBankDetails, shown: datetime) -> BankChangeRequested:
    return BankChangeRequested(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        change_id=command.change_id,
        iban=command.iban,
        bic=command.bic,
        holder=command.holder,
        proof_file_id=command.proof_file_id,
        authenticated_at=shown,
        effective_at=command.at + HOLD,
        requested_at=command.at,
    )


def _cancel(command: CancelBankChange, found: Payee) -> Decision:
    if command.change_id in found.ended:
        return []
    if found.pending is None or found.pending.change_id != command.change_id:
        return NoSuchChange()
    return [
        BankChangeCancelled(
            command.driver_id, command.organisation_id, command.change_id, command.at
        )
    ]


def _apply(command: ApplyBankChange, state: State) -> Decision:
    if not isinstance(state, Payee) or state.pending is None:
        # The timer came due while somebody stopped the change.
        return []
    waiting = state.pending
    if command.at < waiting.effective_at:
        return ChangeIsWaiting(waiting.effective_at)
    return [
        BankChangeTookEffect(
            command.driver_id, state.organisation_id, waiting.change_id, command.at
        )
    ]


def _ask(command: AskQuestion, found: Payee) -> Decision:
    event = QuestionAsked(
        command.driver_id,
        command.organisation_id,
        command.question_id,
        command.invoice_id,
        command.question,
        command.at,
    )
    for one in found.questions:
        if one.question_id == command.question_id:
            repeated = replace(one, asked_at=command.at) == event
            return [] if repeated else QuestionIdTaken(command.question_id)
    return [event]


# --- Timers -----------------------------------------------------------------


def timers(event: PayeeEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """A change of bank details takes effect when its hold is over."""
    match event:
        case BankChangeRequested():
            return (SetTimer(TIMER, event.effective_at),)
        case BankChangeCancelled():
            return (CancelTimer(TIMER),)
        case (
            CompanyDeclared()
            | MandateGiven()
            | MandateWithdrawn()
            | BankDetailsGiven()
            | BankChangeTookEffect()
            | QuestionAsked()
        ):
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, driver_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != TIMER:
        raise LookupError(name)
    return ApplyBankChange(driver_id, due)
