"""The works of a case, their prices, and when they are due (FLB-090 to FLB-094, FLB-116)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never
from zoneinfo import ZoneInfo

from contracts.interventions.case_v1 import (
    Amounts,
    CaseCreated,
    CaseEvent,
    Price,
    Work,
    WorkLevel,
    WorkListed,
    WorkStruck,
)
from services.interventions.case import pricing
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier, counts

DECIDED = frozenset({WorkLevel.ADVISED, WorkLevel.URGENT})
"""The levels that a customer decides on: a work that is OK is not to be done, and a complimentary
one is not billed (FLB-092)."""
MOST_WORKS = 500

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWork:
    """All that is said of a work; `price` is None where it has none (G-45)."""

    organisation_id: str
    work_id: str
    label: str
    level: WorkLevel
    price: Price | None
    carried_out: bool
    ordinal: int
    checklist_item_id: str | None
    due_on: date | None
    due_mileage_km: int | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeWork:
    organisation_id: str
    work_id: str
    by: str
    at: datetime


Command = ListWork | StrikeWork

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TooManyWorks:
    field: ClassVar[str] = "work_id"
    most: int


@dataclass(frozen=True, slots=True)
class DueDateIsPast:
    """It is before today, where the dealership is."""

    field: ClassVar[str] = "due_on"
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueDateIsMissing:
    """A mileage makes no reminder by itself (T-10, G-48)."""

    field: ClassVar[str] = "due_on"


@dataclass(frozen=True, slots=True)
class NothingIsDue:
    """It was carried out, or need not be: then no day is set for it."""

    field: ClassVar[str] = "due_on"


@dataclass(frozen=True, slots=True)
class WorkIsPaid:
    """It was paid online, and costs nothing any more (FLB-175)."""

    field: ClassVar[str] = "price"


Rejection = (
    TooManyWorks
    | NotOfModule
    | DueDateIsPast
    | DueDateIsMissing
    | NothingIsDue
    | WorkIsPaid
    | pricing.Rejection
)

# --- What is proposed -------------------------------------------------------


def proposed_works(dossier: Dossier) -> tuple[Work, ...]:
    """The list as the customer is shown it, each work with its public media; those that were
    carried out are shown with their price in a work report alone."""
    media = dossier.public
    return tuple(
        Work(
            work_id=one.work_id,
            label=one.label,
            level=one.level,
            price=one.price,
            amounts=one.amounts,
            media_ids=tuple(each.media_id for each in media if each.work_id == one.work_id),
            carried_out=one.carried_out,
            due_on=one.due_on,
            due_mileage_km=one.due_mileage_km,
            source=one.source,
            paid=one.paid,
        )
        for one in dossier.listed
        if dossier.is_report or not one.carried_out
    )


def decided(works: tuple[Work, ...]) -> tuple[Work, ...]:
    """Those that the customer accepts or refuses; of a work report those that are to be planned."""
    return tuple(one for one in works if one.level in DECIDED and not one.carried_out)


def proposed_amounts(works: tuple[Work, ...], currency: str) -> Amounts:
    """The total of the works to decide on; what has no price is not in it (G-45)."""
    return pricing.total((one.amounts for one in decided(works) if one.amounts), currency)


def carried_out_amounts(works: tuple[Work, ...], currency: str) -> Amounts:
    """The total of what a work report says was carried out; what is complimentary is not billed."""
    done = [one for one in works if one.carried_out and one.level in DECIDED]
    return pricing.total((one.amounts for one in done if one.amounts), currency)


# --- Due dates --------------------------------------------------------------


def today(created: CaseCreated, at: datetime) -> date:
    """The day of that time, where the dealership is."""
    return at.astimezone(ZoneInfo(created.time_zone)).date()


def past(works: Iterable[WorkListed], created: CaseCreated, at: datetime) -> DueDateIsPast | None:
    """Whether any of the works was due before today."""
    now = today(created, at)
    late = tuple(one.label for one in works if one.due_on is not None and one.due_on < now)
    return DueDateIsPast(late) if late else None


def bad_due(said: WorkListed) -> DueDateIsMissing | NothingIsDue | None:
    """Why the work cannot be due then, whatever day it is."""
    if said.due_on is None:
        return DueDateIsMissing() if said.due_mileage_km is not None else None
    return NothingIsDue() if said.carried_out or said.level not in DECIDED else None


# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: Command, dossier: Dossier) -> Decision:
    """As in every aggregate, while the case waits to be sent."""
    if dossier.is_sales:
        return NotOfModule(dossier.created.module)
    match command:
        case ListWork():
            return list_work(command, dossier)
        case StrikeWork():
            said = struck(command, dossier)
            return full(command, dossier) or (
                [said] if counts(said, dossier.works.get(command.work_id)) else []
            )
        case unhandled:
            assert_never(unhandled)


def list_work(command: ListWork, dossier: Dossier) -> Decision:
    created, known = dossier.created, dossier.works.get(command.work_id)
    if command.price and (bad := pricing.bad_price(command.price, created.currency)):
        return bad
    said = listed(command, dossier)
    if not counts(said, known):
        return []
    return (
        full(command, dossier)
        or bad_due(said)
        or past((said,), created, command.at)
        or charged_again(said, known)
        or [said]
    )


def charged_again(said: WorkListed, known: WorkListed | WorkStruck | None) -> WorkIsPaid | None:
    if not isinstance(known, WorkListed) or not known.paid:
        return None
    return None if said.price == known.price else WorkIsPaid()


def full(command: Command, dossier: Dossier) -> TooManyWorks | None:
    """Whether one more is one too many; what was struck before it came counts as well."""
    if command.work_id in dossier.works or len(dossier.works) < MOST_WORKS:
        return None
    return TooManyWorks(MOST_WORKS)


def listed(command: ListWork, dossier: Dossier) -> WorkListed:
    """Where a work came from, and that it was paid, nobody says anew."""
    created, known = dossier.created, dossier.works.get(command.work_id)
    before = known if isinstance(known, WorkListed) else None
    return WorkListed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=command.work_id,
        label=command.label,
        level=command.level,
        price=command.price,
        amounts=pricing.amounts_of(command.price) if command.price else None,
        carried_out=command.carried_out,
        ordinal=command.ordinal,
        checklist_item_id=command.checklist_item_id,
        due_on=command.due_on,
        due_mileage_km=command.due_mileage_km,
        source=before.source if before else None,
        paid=before is not None and before.paid,
        listed_by=command.by,
        listed_at=command.at,
    )


def struck(command: StrikeWork, dossier: Dossier) -> WorkStruck:
    created = dossier.created
    return WorkStruck(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=command.work_id,
        struck_by=command.by,
        struck_at=command.at,
    )
