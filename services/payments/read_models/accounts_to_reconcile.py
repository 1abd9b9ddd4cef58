"""The card accounts whose balance is compared with the books, and how far that is."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.payments.account_v1 import (
    AccountConnected,
    AccountDisconnected,
    DayReconciled,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = AccountConnected | AccountDisconnected | DayReconciled


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """`since` is when keys were given first, and `reconciled_until` the last day compared."""

    dealership_id: str
    organisation_id: str
    connected: bool
    since: datetime
    reconciled_until: date | None = None


def key(event: Reads) -> tuple[str]:
    return (event.dealership_id,)


def project(row: Reconciled | None, event: Reads) -> Reconciled:
    if isinstance(event, AccountConnected):
        if row is not None:
            return replace(row, connected=True)
        return Reconciled(
            dealership_id=event.dealership_id,
            organisation_id=event.organisation_id,
            connected=True,
            since=event.connected_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AccountDisconnected():
            return replace(row, connected=False)
        case DayReconciled():
            return replace(row, reconciled_until=event.day)
        case unhandled:
            assert_never(unhandled)


view = View(
    name="accounts_to_reconcile",
    contract=contract,
    reads=Reads,
    row=Reconciled,
    primary_key=("dealership_id",),
    key=key,
    project=project,
)

accounts = Table(view, "accounts_to_reconcile")
BY_ID = accounts.order("accounts-by-id", "dealership_id")
