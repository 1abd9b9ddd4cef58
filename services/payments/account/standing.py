"""How a card account stands: its mode, company and connection, how far its books were compared with
the provider's balance, and which months of them are closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from contracts.payments.account_v1 import (
    AccountConnected,
    AccountDisconnected,
    AccountEvent,
    CompanyDeclared,
    DayReconciled,
    DifferenceFound,
    DifferenceResolved,
    ModeSet,
    PaidOut,
    PeriodClosed,
)


@dataclass(frozen=True, slots=True)
class Account:
    """Before anything was said it is that of a test dealership, without keys.

    `differences` that are not resolved have None; `closed` is the last month that is.
    """

    organisation_id: str = ""
    live: bool = False
    company: CompanyDeclared | None = None
    connected: AccountConnected | None = None
    version: int = 0
    reconciled_until: date | None = None
    differences: Mapping[str, DifferenceResolved | None] = field(default_factory=dict)
    payouts: frozenset[str] = frozenset()
    closed: Mapping[date, PeriodClosed] = field(default_factory=dict)
    """The months that are closed, by their first day."""

    @property
    def takes_cards(self) -> bool:
        """Customers are offered to pay online: there are keys, and a company that invoices."""
        return self.connected is not None and self.company is not None

    @property
    def unresolved(self) -> int:
        return sum(one is None for one in self.differences.values())


initial = Account()


def evolve(account: Account, event: AccountEvent) -> Account:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    account = replace(account, organisation_id=event.organisation_id, version=account.version + 1)
    match event:
        case ModeSet():
            return replace(account, live=event.live)
        case CompanyDeclared():
            return replace(account, company=event)
        case AccountConnected():
            return replace(account, connected=event)
        case AccountDisconnected():
            return replace(account, connected=None)
        case DayReconciled():
            return replace(account, reconciled_until=event.day)
        case DifferenceFound():
            differences = {**account.differences, event.difference_id: None}
            return replace(account, differences=differences)
        case DifferenceResolved():
            differences = {**account.differences, event.difference_id: event}
            return replace(account, differences=differences)
        case PaidOut():
            return replace(account, payouts=account.payouts | {event.balance_transaction_id})
        case PeriodClosed():
            return replace(account, closed={**account.closed, event.begins_on: event})
        case unhandled:
            assert_never(unhandled)
