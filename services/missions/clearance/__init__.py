"""Whether a driver's papers let them take new work. Missions that run go on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.missions.clearance_v1 import (
    ClearanceEvent,
    PaperHeld,
    PaperLapsed,
    PapersRequired,
)
from contracts.papers.paper_v1 import PaperKind

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirePapers:
    """`kinds` are all the papers that are required; papers once accepted are required besides."""

    driver_id: str
    organisation_id: str
    kinds: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPaper:
    """Follows from an accepted paper, like `LapsePaper` from one that expired."""

    driver_id: str
    organisation_id: str
    kind: str
    valid_until: date | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsePaper:
    driver_id: str
    organisation_id: str
    kind: str
    valid_until: date
    at: datetime


Command = RequirePapers | HoldPaper | LapsePaper

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPaper:
    field: ClassVar[str] = "kinds"
    kind: str


Rejection = NoSuchPaper

# --- State ------------------------------------------------------------------

Paper = PaperHeld | PaperLapsed
Slot = tuple[str, str]
"""Organisation and kind: nobody's papers count in another organisation."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """The papers required last, by organisation, and the latest fact about each paper."""

    required: Mapping[str, PapersRequired] = field(default_factory=dict)
    papers: Mapping[Slot, Paper] = field(default_factory=dict)


initial = Clearance()


def evolve(clearance: Clearance, event: ClearanceEvent) -> Clearance:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case PapersRequired():
            required = {**clearance.required, event.organisation_id: event}
            return replace(clearance, required=required)
        case PaperHeld() | PaperLapsed():
            slot = (event.organisation_id, event.kind)
            return replace(clearance, papers={**clearance.papers, slot: event})
        case unhandled:
            assert_never(unhandled)


def lacking(clearance: Clearance, organisation_id: str, on: date) -> tuple[str, ...]:
    """The papers without which the driver gets no new work on that day, in order.

    A paper counts through its last day, whenever its end is recorded.
    """
    return tuple(
        kind
        for kind in required(clearance, organisation_id)
        if not _holds(clearance.papers.get((organisation_id, kind)), on)
    )


def required(clearance: Clearance, organisation_id: str) -> tuple[str, ...]:
    """The kinds of papers that staff asked for or once accepted, in order."""
    accepted = {kind for organisation, kind in clearance.papers if organisation == organisation_id}
    asked = clearance.required.get(organisation_id)
    return tuple(sorted(accepted.union(asked.kinds if asked else ())))


def _holds(paper: Paper | None, on: date) -> bool:
    if not isinstance(paper, PaperHeld):
        return False
    return paper.valid_until is None or on <= paper.valid_until


# --- Decisions --------------------------------------------------------------

Decision = list[ClearanceEvent] | Rejection


def decide(command: Command, clearance: Clearance) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case RequirePapers():
            return require(command, clearance)
        case HoldPaper():
            return hold(command, clearance)
        case LapsePaper():
            return lapse(command, clearance)
        case unhandled:
            assert_never(unhandled)


def require(command: RequirePapers, clearance: Clearance) -> Decision:
    names = {kind.name.lower() for kind in PaperKind}
    if unknown := next((kind for kind in command.kinds if kind not in names), None):
        return NoSuchPaper(unknown)
    kinds = tuple(sorted(set(command.kinds)))
    last = clearance.required.get(command.organisation_id)
    if kinds == (last.kinds if last else ()):
        return []
    return [
        PapersRequired(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            kinds=kinds,
            required_at=command.at,
        )
    ]


def hold(command: HoldPaper, clearance: Clearance) -> Decision:
    held = PaperHeld(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        kind=command.kind,
        valid_until=command.valid_until,
        held_at=command.at,
    )
    return [] if held == clearance.papers.get((command.organisation_id, command.kind)) else [held]


def lapse(command: LapsePaper, clearance: Clearance) -> Decision:
    paper = clearance.papers.get((command.organisation_id, command.kind))
    # A newer one may have been accepted while the end of this one was on its way.
    if not isinstance(paper, PaperHeld) or paper.valid_until != command.valid_until:
        return []
    return [
        PaperLapsed(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            kind=command.kind,
            valid_until=command.valid_until,
            lapsed_at=command.at,
        )
    ]
