"""The books of card payments of a month are closed once: a closed month never changes.

Entries are booked when we learn of a fact, so what is learnt later is in a later month by itself.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.decisions import Changed, changed
from contracts.payments.account_v1 import AccountEvent, PeriodClosed
from services.payments.account.standing import Account

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """`seen` is how many entries the month had when it was looked at, `entries` how many it has;
    `unnumbered` are those whose document has no number yet. It may be closed from `settled_at` on,
    when no entry of the month is on its way any more. `first_on` begins the first month that has
    entries, None where none has. `compared_from` is the first day whose balance is compared with
    the books, None without keys: then nobody can compare."""

    dealership_id: str
    organisation_id: str
    begins_on: date
    ends_on: date
    settled_at: datetime
    first_on: date | None
    compared_from: date | None
    seen: int
    entries: int
    unnumbered: int
    digest: str
    by: str
    at: datetime


Command = ClosePeriod

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeriodIsOpen:
    """It is not over, or entries of it may still be on their way."""

    until: datetime


@dataclass(frozen=True, slots=True)
class PeriodsInOrder:
    """The months are closed one after the other: this one is next."""

    next_on: date


@dataclass(frozen=True, slots=True)
class DifferencesAreOpen:
    count: int


@dataclass(frozen=True, slots=True)
class DaysNotCompared:
    """The provider's balance of these days was not put beside the books yet."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class DocumentsWithoutNumber:
    count: int


Rejection = (
    PeriodIsOpen
    | PeriodsInOrder
    | DifferencesAreOpen
    | DaysNotCompared
    | DocumentsWithoutNumber
    | Changed
)

# --- Decisions --------------------------------------------------------------


def close(command: ClosePeriod, account: Account) -> list[AccountEvent] | Rejection:
    if command.begins_on in account.closed:
        return []
    if command.at < command.settled_at:
        return PeriodIsOpen(command.settled_at)
    last = max((one.ends_on for one in account.closed.values()), default=None)
    if last is not None and command.begins_on != last + timedelta(days=1):
        return PeriodsInOrder(last + timedelta(days=1))
    if last is None and command.first_on is not None and command.first_on < command.begins_on:
        return PeriodsInOrder(command.first_on)
    if (missing := not_compared(command, account)) is not None:
        return missing
    if account.unresolved:
        return DifferencesAreOpen(account.unresolved)
    if command.unnumbered:
        return DocumentsWithoutNumber(command.unnumbered)
    if stale := changed({"entries": command.seen}, {"entries": command.entries}):
        return stale
    return [
        PeriodClosed(
            dealership_id=command.dealership_id,
            organisation_id=command.organisation_id,
            begins_on=command.begins_on,
            ends_on=command.ends_on,
            entry_count=command.entries,
            digest=command.digest,
            closed_by=command.by,
            closed_at=command.at,
        )
    ]


def not_compared(command: ClosePeriod, account: Account) -> DaysNotCompared | None:
    """The days of the month that were not compared, from the first on which that is possible."""
    if command.compared_from is None:
        return None
    done = account.reconciled_until
    first = max(command.begins_on, done + timedelta(days=1) if done else command.compared_from)
    return DaysNotCompared(first, command.ends_on) if first <= command.ends_on else None
