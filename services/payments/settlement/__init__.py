"""The settlement of a marketplace with a provider: done jobs are owed, and paid together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.obligations import Obligations
from contracts.payments.settlement_v1 import (
    CommissionInvoiced,
    JobCredited,
    ProviderPaid,
    SettlementEvent,
)
from services.payments.payout import NothingOwed, total
from services.payments.settlement.invoicing import Parties, invoice

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditJob:
    """Follows from the job: what it was worth, and the operator's part of it."""

    settlement_id: str
    organisation_id: str
    provider_id: str
    job_id: str
    amount: Money
    vat: Money
    commission: Money
    commission_vat: Money
    commission_vat_basis_points: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayProvider:
    """`due` is the sum of what was owed when it was looked at, `iban` where the money went;
    `account` is where it is to go, as the provider says now. `parties` is None where it is not
    known which companies both are: nothing is invoiced then."""

    payout_id: str
    due: Money
    iban: str
    account: str | None
    reference: str
    parties: Parties | None = None
    by: str
    at: datetime


Command = CreditJob | PayProvider

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchSettlement:
    pass


@dataclass(frozen=True, slots=True)
class ProviderAccountMissing:
    """The provider has not said where money is to go."""


@dataclass(frozen=True, slots=True)
class TransferIsRecorded:
    """A payment of before has this reference of the bank: one transfer pays nothing twice."""

    reference: str


@dataclass(frozen=True, slots=True)
class NoSuchCommissionInvoice:
    """No commission was invoiced with this payment."""


Rejection = (
    NoSuchSettlement
    | ProviderAccountMissing
    | TransferIsRecorded
    | NoSuchCommissionInvoice
    | NothingOwed
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settlement:
    """`due` are the jobs that are not paid, `paid` what was, both by their ids, in order."""

    settlement_id: str = ""
    organisation_id: str = ""
    provider_id: str = ""
    version: int = 0
    due: Mapping[str, JobCredited] = field(default_factory=dict)
    credited: frozenset[str] = frozenset()
    paid: Mapping[str, ProviderPaid] = field(default_factory=dict)
    invoices: Mapping[str, CommissionInvoiced] = field(default_factory=dict)
    """By the ids of payments, in order."""

    def owed(self, currency: str) -> tuple[JobCredited, ...]:
        """The jobs in a currency that are not paid."""
        return tuple(one for one in self.due.values() if one.payout.currency == currency)


initial = Settlement()


def evolve(settlement: Settlement, event: SettlementEvent) -> Settlement:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    settlement = replace(
        settlement,
        settlement_id=event.settlement_id,
        organisation_id=event.organisation_id,
        provider_id=event.provider_id,
        version=settlement.version + 1,
    )
    match event:
        case JobCredited():
            return replace(
                settlement,
                due={**settlement.due, event.job_id: event},
                credited=settlement.credited | {event.job_id},
            )
        case ProviderPaid():
            left = {id: one for id, one in settlement.due.items() if id not in event.job_ids}
            return replace(settlement, due=left, paid={**settlement.paid, event.payout_id: event})
        case CommissionInvoiced():
            invoices = {**settlement.invoices, event.payout_id: event}
            return replace(settlement, invoices=invoices)
        case unhandled:
            assert_never(unhandled)


def obligations(settlement: Settlement, person: str) -> Obligations:
    """Nobody is forgotten while jobs are not paid: where the money is to go would be forgotten."""
    if settlement.provider_id != person or not settlement.due:
        return Obligations()
    return Obligations(f"{len(settlement.due)} jobs of {settlement.settlement_id} are not paid")


# --- Decisions --------------------------------------------------------------

Decision = list[SettlementEvent] | Rejection


def decide(command: Command, settlement: Settlement) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case CreditJob():
            return credit(command, settlement)
        case PayProvider():
            return pay(command, settlement) if settlement.settlement_id else NoSuchSettlement()
        case unhandled:
            assert_never(unhandled)


def credit(command: CreditJob, settlement: Settlement) -> Decision:
    """A job is owed once. Where commission and its VAT are more than it was worth, the provider
    owes the rest, which later jobs pay."""
    if command.job_id in settlement.credited:
        return []
    kept = total((command.commission, command.commission_vat), command.amount.currency)
    worth = total((command.amount, command.vat), command.amount.currency)
    return [
        JobCredited(
            settlement_id=command.settlement_id,
            organisation_id=command.organisation_id,
            provider_id=command.provider_id,
            job_id=command.job_id,
            amount=command.amount,
            vat=command.vat,
            commission=command.commission,
            commission_vat=command.commission_vat,
            payout=Money(worth.amount_minor - kept.amount_minor, worth.currency),
            credited_at=command.at,
            version=settlement.version + 1,
            commission_vat_basis_points=command.commission_vat_basis_points,
        )
    ]


def sum_of(jobs: Iterable[JobCredited], currency: str) -> Money:
    """The sum that the provider has of these jobs."""
    return total((one.payout for one in jobs), currency)


def pay(command: PayProvider, settlement: Settlement) -> Decision:
    """All that is owed in the currency, or nothing; the commissions of it are invoiced. What was
    done since a payment may be worth just as much, so a payment that is sent again with another key
    is known by its reference."""
    if command.payout_id in settlement.paid:
        return []
    currency = command.due.currency
    jobs = settlement.owed(currency)
    due = sum_of(jobs, currency)
    if due.amount_minor <= 0:
        return NothingOwed(currency)
    if command.account is None:
        return ProviderAccountMissing()
    seen = {"due": command.due, "iban": command.iban}
    if stale := changed(seen, {"due": due, "iban": command.account}):
        return stale
    if any(one.reference == command.reference for one in settlement.paid.values()):
        return TransferIsRecorded(command.reference)
    paid = ProviderPaid(
        settlement_id=settlement.settlement_id,
        organisation_id=settlement.organisation_id,
        provider_id=settlement.provider_id,
        payout_id=command.payout_id,
        job_ids=tuple(one.job_id for one in jobs),
        net=due,
        reference=command.reference,
        paid_by=command.by,
        paid_at=command.at,
        version=settlement.version + 1,
    )
    return [paid, *invoice(command.parties, paid, jobs, len(settlement.invoices) + 1)]
