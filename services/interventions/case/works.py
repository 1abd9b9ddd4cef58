"""The works of a case and their prices (FLB-090 to FLB-094)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.interventions.case_v1 import (
    Amounts,
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


Rejection = TooManyWorks | NotOfModule | pricing.Rejection

# --- What is proposed -------------------------------------------------------


def proposed_works(dossier: Dossier) -> tuple[Work, ...]:
    """The list as the customer is shown it, each work with its public media."""
    media = dossier.public
    return tuple(
        Work(
            work_id=one.work_id,
            label=one.label,
            level=one.level,
            price=one.price,
            amounts=one.amounts,
            media_ids=tuple(each.media_id for each in media if each.work_id == one.work_id),
        )
        for one in dossier.listed
        if not one.carried_out
    )


def decided(works: tuple[Work, ...]) -> tuple[Work, ...]:
    """Those that the customer accepts or refuses."""
    return tuple(one for one in works if one.level in DECIDED)


def proposed_amounts(works: tuple[Work, ...], currency: str) -> Amounts:
    """The total of the works to decide on; what has no price is not in it (G-45)."""
    return pricing.total((one.amounts for one in decided(works) if one.amounts), currency)


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
    if command.price and (bad := pricing.bad_price(command.price, dossier.created.currency)):
        return bad
    said = listed(command, dossier)
    return full(command, dossier) or (
        [said] if counts(said, dossier.works.get(command.work_id)) else []
    )


def full(command: Command, dossier: Dossier) -> TooManyWorks | None:
    """Whether one more is one too many; what was struck before it came counts as well."""
    if command.work_id in dossier.works or len(dossier.works) < MOST_WORKS:
        return None
    return TooManyWorks(MOST_WORKS)


def listed(command: ListWork, dossier: Dossier) -> WorkListed:
    created = dossier.created
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
