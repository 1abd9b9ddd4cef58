"""The works of a case, their prices, and when they are due (FLB-090 to FLB-094, FLB-116)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never
from zoneinfo import ZoneInfo

from contracts.interventions.case_v1 import (
    Amounts,
    Assessment,
    CaseCreated,
    CaseEvent,
    Measurement,
    Price,
    Work,
    WorkLevel,
    WorkListed,
    WorkStruck,
)
from services.interventions.case import measuring, pricing
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier, counts
from services.interventions.case.measuring import Scale

DECIDED = frozenset({WorkLevel.ADVISED, WorkLevel.URGENT})
"""The levels that a customer decides on: a work that is OK is not to be done, and a complimentary
one is not billed (FLB-092)."""
MOST_WORKS = 500

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWork:
    """All that is said of a work; `price` is None where it has none (G-45).

    `level` None: what was measured says it, and the day where none is named; `scale` is what the
    checklist says of the value now, None where it says nothing of it.
    """

    organisation_id: str
    work_id: str
    label: str
    level: WorkLevel | None
    price: Price | None
    carried_out: bool
    ordinal: int
    checklist_item_id: str | None
    due_on: date | None
    due_mileage_km: int | None
    measurement: Measurement | None = None
    scale: Scale | None = None
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


@dataclass(frozen=True, slots=True)
class LevelIsMissing:
    """Nothing was measured that says it."""

    field: ClassVar[str] = "level"


Rejection = (
    TooManyWorks
    | NotOfModule
    | DueDateIsPast
    | DueDateIsMissing
    | NothingIsDue
    | WorkIsPaid
    | LevelIsMissing
    | measuring.Rejection
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
            measurement=one.measurement,
            assessment=one.assessment,
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
    if known is not None and command.at < said_at(known):
        # What a phone says late is no news, whatever the checklist says of it by now.
        return []
    if command.price and (bad := pricing.bad_price(command.price, created.currency)):
        return bad
    if command.measurement and (wrong := measuring.bad_value(command.measurement, command.scale)):
        return wrong
    found = assessment_of(command, dossier)
    if command.level is None and found is None:
        return LevelIsMissing()
    said = listed(command, dossier, found)
    if not counts(said, known):
        return []
    return (
        full(command, dossier)
        or bad_due(said)
        or past((said,), created, command.at)
        or charged_again(said, known)
        or [said]
    )


def said_at(known: WorkListed | WorkStruck) -> datetime:
    return known.listed_at if isinstance(known, WorkListed) else known.struck_at


def charged_again(said: WorkListed, known: WorkListed | WorkStruck | None) -> WorkIsPaid | None:
    if not isinstance(known, WorkListed) or not known.paid:
        return None
    return None if said.price == known.price else WorkIsPaid()


def full(command: Command, dossier: Dossier) -> TooManyWorks | None:
    """Whether one more is one too many; what was struck before it came counts as well."""
    if command.work_id in dossier.works or len(dossier.works) < MOST_WORKS:
        return None
    return TooManyWorks(MOST_WORKS)


def assessment_of(command: ListWork, dossier: Dossier) -> Assessment | None:
    """The level that was measured, by what the checklist says now; as before, where it says nothing
    any more of the same value."""
    known, said, scale = dossier.works.get(command.work_id), command.measurement, command.scale
    if said is None:
        return None
    if scale is not None and scale.thresholds is not None:
        return measuring.assessed(said, scale.thresholds, today(dossier.created, command.at))
    same = isinstance(known, WorkListed) and known.measurement == said
    return known.assessment if same and isinstance(known, WorkListed) and scale is None else None


def level_and_day(command: ListWork, found: Assessment | None) -> tuple[WorkLevel, date | None]:
    """Those that were said, which have the last word; else those that were measured."""
    if command.level is not None or found is None:
        return command.level or WorkLevel.OK, command.due_on
    measured = None if command.carried_out else found.due_on
    return found.level, command.due_on or measured


def listed(command: ListWork, dossier: Dossier, found: Assessment | None) -> WorkListed:
    """Where a work came from, and that it was paid, nobody says anew."""
    created, known = dossier.created, dossier.works.get(command.work_id)
    before = known if isinstance(known, WorkListed) else None
    level, due_on = level_and_day(command, found)
    return WorkListed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=command.work_id,
        label=command.label,
        level=level,
        price=command.price,
        amounts=pricing.amounts_of(command.price) if command.price else None,
        carried_out=command.carried_out,
        ordinal=command.ordinal,
        checklist_item_id=command.checklist_item_id,
        due_on=due_on,
        due_mileage_km=command.due_mileage_km,
        source=before.source if before else None,
        paid=before is not None and before.paid,
        measurement=command.measurement,
        assessment=found,
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
