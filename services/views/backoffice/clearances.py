"""The papers that a driver has to hold, and those they hold: one row a driver and organisation."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from contracts.missions.clearance_v1 import PaperHeld, PaperLapsed, PapersRequired, contract
from infra.consumers.views import View
from infra.reading import Table

Reads = PapersRequired | PaperHeld | PaperLapsed


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper that was accepted once; it holds through `valid_until` unless it lapsed."""

    kind: str
    valid_until: date | None
    lapsed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """`asked` are the kinds that staff asked for."""

    driver_id: str
    organisation_id: str
    asked: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.organisation_id


def project(row: Clearance | None, event: Reads) -> Clearance:
    found = row or Clearance(driver_id=event.driver_id, organisation_id=event.organisation_id)
    match event:
        case PapersRequired():
            return replace(found, asked=event.kinds)
        case PaperHeld() | PaperLapsed():
            lapsed = isinstance(event, PaperLapsed)
            others = (paper for paper in found.papers if paper.kind != event.kind)
            return replace(found, papers=(*others, Paper(event.kind, event.valid_until, lapsed)))
        case unhandled:
            assert_never(unhandled)


view = View(
    name="clearances",
    contract=contract,
    reads=Reads,
    row=Clearance,
    primary_key=("driver_id", "organisation_id"),
    key=key,
    project=project,
)
clearances = Table(view, "clearances")
BY_DRIVER = clearances.order("by-driver", "driver_id")


def lacking(row: Clearance, today: date) -> list[str]:
    """The kinds without which the driver gets no new work today: asked for, or accepted once."""
    held = {paper.kind for paper in row.papers if _holds(paper, today)}
    return sorted({*row.asked, *(paper.kind for paper in row.papers)} - held)


def _holds(paper: Paper, today: date) -> bool:
    return not paper.lapsed and (paper.valid_until is None or today <= paper.valid_until)
