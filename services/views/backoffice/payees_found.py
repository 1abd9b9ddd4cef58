"""The drivers who are paid: one row a payee; of an account, its country and its end."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from fastapi import Query

from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.backoffice.persons import PersonShown, searched, with_drivers

Reads = BankDetailsGiven | BankChangeRequested | BankChangeCancelled | BankChangeTookEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Where money goes, and where it shall go once a change has waited."""

    driver_id: str
    organisation_id: str
    account: str
    holder: str
    since: datetime
    change_id: str | None = None
    new_account: str | None = None
    new_holder: str | None = None
    effective_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.driver_id,)


def project(row: Payee | None, event: Reads) -> Payee:
    if isinstance(event, BankDetailsGiven):
        return _given(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case BankChangeRequested():
            return replace(
                row,
                change_id=event.change_id,
                new_account=masked(event.iban),
                new_holder=event.holder,
                effective_at=event.effective_at,
            )
        case BankChangeCancelled():
            return _without_change(row) if row.change_id == event.change_id else row
        case BankChangeTookEffect():
            return _changed(row, event)
        case unhandled:
            assert_never(unhandled)


def masked(iban: str) -> str:
    """The country and the last four characters of an IBAN: enough to tell two apart."""
    return iban if iban == REDACTED else f"{iban[:2]} … {iban[-4:]}"


def _given(event: BankDetailsGiven) -> Payee:
    return Payee(
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        account=masked(event.iban),
        holder=event.holder,
        since=event.given_at,
    )


def _without_change(row: Payee) -> Payee:
    return replace(row, change_id=None, new_account=None, new_holder=None, effective_at=None)


def _changed(row: Payee, event: BankChangeTookEffect) -> Payee:
    if row.change_id != event.change_id or row.new_account is None or row.new_holder is None:
        raise OutOfOrder(event)
    since = event.took_effect_at
    changed = replace(row, account=row.new_account, holder=row.new_holder, since=since)
    return _without_change(changed)


view = View(
    name="payees",
    contract=contract,
    reads=Reads,
    row=Payee,
    primary_key=("driver_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, since, driver_id)",
        "(organisation_id, effective_at, driver_id) where change_id is not null",
    ),
    subject="driver_id",
    personal=("account", "holder", "new_account", "new_holder"),
)

# --- The question -----------------------------------------------------------

payees = Table(view, "payees")
LATEST_CHANGED = payees.order("latest-changed", "since", "driver_id", descending=True)
FIRST_CHANGED = payees.order("first-changed", "since", "driver_id")


class PayeeOrder(StrEnum):
    """How a list of payees is sorted: by the time since when money goes to their account."""

    LATEST_CHANGED = "latest_changed"
    FIRST_CHANGED = "first_changed"


ORDERS = {PayeeOrder.LATEST_CHANGED: LATEST_CHANGED, PayeeOrder.FIRST_CHANGED: FIRST_CHANGED}


class PayeeFilters(Filters):
    """Which payees are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "change_waits", "order"})

    q: Typed = ""
    """Words of a driver's name, town or phone number."""
    change_waits: bool | None = None
    """Whether other bank details wait to take effect, and payouts with them."""
    order: PayeeOrder = PayeeOrder.LATEST_CHANGED


def found(organisation_id: str, filters: PayeeFilters) -> Rows[Payee]:
    """The payees who match."""
    rows = filters.narrow(payees.of(organisation_id))
    if filters.change_waits is None:
        return rows
    return rows.where("(change_id is not null) = %(waits)s", waits=filters.change_waits)


class BankChangeWaiting(Answer):
    """Other bank details that wait to take effect."""

    change_id: str
    account: str
    holder: str
    effective_at: Instant


class PayeeListed(Answer):
    """A payee in a list."""

    driver: PersonShown
    account: str
    """The country of the account and its last four characters."""
    holder: str
    since: Instant
    """Since when money goes to this account."""
    change: BankChangeWaiting | None


def payee_listed(row: Payee, driver: PersonShown) -> PayeeListed:
    return PayeeListed(
        driver=driver,
        account=row.account,
        holder=row.holder,
        since=row.since,
        change=_change(row),
    )


def _change(row: Payee) -> BankChangeWaiting | None:
    if row.change_id is None:
        return None
    assert row.new_account is not None
    assert row.new_holder is not None
    assert row.effective_at is not None
    return BankChangeWaiting(
        change_id=row.change_id,
        account=row.new_account,
        holder=row.new_holder,
        effective_at=row.effective_at,
    )


router = Router("Payees")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/payees")
async def payees_found(
    context: Billing, page: Paging, filters: Annotated[PayeeFilters, Query()]
) -> Answered[Listed[PayeeListed]]:
    """Drivers with bank details, the latest change first unless asked for otherwise."""

    rows = await searched(context, found(context.principal.organisation_id, filters), filters.q)
    return await page.show_together(
        rows, ORDERS[filters.order], with_drivers(context, payee_listed)
    )
