"""Reports of T-Scan over HTTP: searched by plate and VIN, linked to a case once, and as works for a
reminder (FLB-100, FLB-157)."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from contracts.common_v1 import Money
from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
from contracts.interventions.case_v1 import PriceMode, Work, WorkLevel
from infra.host import Running
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.models import Body, Id, Instant
from infra.http.problems import Problem, try_again, unknown_reference
from infra.http.request_context import RequestContext
from infra.http.vehicles import Plate, Vin, normal_plate
from infra.lookups import dealerships
from services.interventions.adapters.t_scan import (
    REPORT_ID,
    ScanLine,
    ScanReport,
    TScan,
    t_scan,
)
from services.interventions.adapters.vendors import Away, NotUnderstood
from services.interventions.aggregates import CASE
from services.interventions.case import bringing, works
from services.interventions.case.bringing import Marks
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier
from services.interventions.http.access import WriterContext, dealership_of, to_write
from services.interventions.http.bringing import marks_of
from services.interventions.http.fields import LevelNamed, ModeNamed
from services.interventions.http.found import (
    AGENT,
    AgentContext,
    Priced,
    WorkFound,
    proposed,
    to_do,
)

PlateAsked = Annotated[Plate | None, Query(description="In any writing.")]
VinAsked = Annotated[Vin | None, Query()]


class ScanLinkBody(Body):
    """A report to link."""

    scan_report_id: Annotated[str, StringConstraints(pattern=REPORT_ID)]
    works: Annotated[int, Field(ge=0, le=works.MOST_WORKS)]
    """How many works were on the list of the case, as it was seen; 412 when that is not so any
    more."""


class ScanPriceShown(Answer):
    amount: MoneyShown
    mode: ModeNamed


class ScanLineShown(Answer):
    """A work that the scan found; it becomes one of the case."""

    label: str
    level: LevelNamed
    price: ScanPriceShown | None


class LinkableScanReport(Answer):
    """A report of the dealership about the vehicle."""

    scan_report_id: str
    plate: str | None
    vin: str | None
    made_at: Instant
    lines: tuple[ScanLineShown, ...]
    linked: bool
    """Whether it was linked to the case: then its works are there already, or were struck."""


class LinkableScanReports(Answer):
    plate: str | None
    """The letters and digits of the plate that was searched by."""
    vin: str | None
    reports: tuple[LinkableScanReport, ...]
    """The latest comes first."""


class ScanReportFound(Answer):
    """Lines of a report that are to be done: those that are advised or urgent."""

    scan_report_id: str
    plate: str | None
    vin: str | None
    made_at: Instant
    works: tuple[WorkFound, ...]


class ScanReportsFound(Answer):
    reports: tuple[ScanReportFound, ...]
    """The latest comes first."""


def router(running: Running) -> Router:
    """The routes, over the scanner of the settings."""
    routes = Router("T-Scan")
    scanner = t_scan(running.settings)

    @routes.get("/cases/{case_id}/linkable-scan-reports")
    async def list_linkable_scan_reports(
        case_id: Id, context: WriterContext, plate: PlateAsked = None, vin: VinAsked = None
    ) -> Answered[LinkableScanReports]:
        """List the reports of T-Scan about a vehicle: by this plate, VIN or both; without them by
        those of the case, or by its reference where it has neither."""
        dossier = (await to_write(context, case_id)).dossier
        dealership = await licensed(context, dossier)
        wanted = asked_for(plate, vin) or known_by(dossier)
        found = await searched(scanner, dealership.dealership_id, wanted)
        reports = tuple(linkable(one, dossier) for one in found)
        return Answered(LinkableScanReports(plate=wanted.plate, vin=wanted.vin, reports=reports))

    @routes.post("/cases/{case_id}/scan-reports")
    async def link_scan_report(
        case_id: Id, body: ScanLinkBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Link a report of T-Scan to the case: the works that it says come on the list, once."""
        dossier = (await to_write(context, case_id)).dossier
        dealership = await licensed(context, dossier)
        report = await found_by_id(scanner, dealership.dealership_id, body.scan_report_id)
        who = context.principal
        command = bringing.LinkScanReport(
            organisation_id=who.organisation_id,
            scan_report_id=report.report_id,
            marks=marks_of(dossier),
            scanned=report.marks,
            works=tuple(work_of(one, id, dossier) for id, one in by_id(report)),
            works_seen=body.works,
            by=who.subject,
            at=context.occurred_at,
        )
        return await context.handle(CASE, case_id, command)

    @routes.get("/dealerships/{dealership_id}/scan-reports")
    async def find_scan_reports(
        dealership_id: Id, context: AgentContext, plate: PlateAsked = None, vin: VinAsked = None
    ) -> Answered[ScanReportsFound]:
        """Find the reports of T-Scan about a vehicle by its plate, VIN or both, with their works as
        a reminder takes them; none without either."""
        dealership = await dealerships.licensed(context, dealership_id, Licence.T_SCAN, AGENT)
        wanted = asked_for(plate, vin)
        found = await searched(scanner, dealership_id, wanted) if wanted else []
        return Answered(ScanReportsFound(reports=tuple(report_found(o, dealership) for o in found)))

    return routes


# --- What is asked ----------------------------------------------------------


async def licensed(context: RequestContext, dossier: Dossier) -> Dealership:
    """The dealership of an after-sales case. Raises a 403 `Problem` where it has no licence, and
    409 for a case of sales."""
    if dossier.is_sales:
        raise context.refuse(NotOfModule(dossier.created.module))
    dealership = await dealership_of(context, dossier)
    dealerships.require_licence(dealership, Licence.T_SCAN)
    return dealership


def asked_for(plate: str | None, vin: str | None) -> Marks | None:
    found = normal_plate(plate) if plate else ""
    return Marks(vin=vin, plate=found or None) if found or vin else None


def known_by(dossier: Dossier) -> Marks:
    """The marks of the case's vehicle; the reference may be a plate (FLB-040)."""
    marks = marks_of(dossier)
    if marks.vin or marks.plate:
        return marks
    return Marks(vin=None, plate=normal_plate(dossier.reference) or None)


async def searched(scanner: TScan, dealership_id: str, wanted: Marks) -> list[ScanReport]:
    """The reports about a vehicle. Raises a 503 `Problem`, or 502 for an answer that is not as
    agreed."""
    if not wanted.vin and not wanted.plate:
        return []
    try:
        return await scanner.search(dealership_id, wanted)
    except (Away, NotUnderstood) as error:
        raise unanswered(error) from error


async def found_by_id(scanner: TScan, dealership_id: str, report_id: str) -> ScanReport:
    """The report that the body names. Raises the 422 `Problem` of the field, and as `searched`."""
    try:
        found = await scanner.report(dealership_id, report_id)
    except (Away, NotUnderstood) as error:
        raise unanswered(error) from error
    if found is None:
        raise unknown_reference("scan_report_id", "scan_report")
    return found


def unanswered(error: Away | NotUnderstood) -> Problem:
    if isinstance(error, Away):
        return try_again(503, "t-scan-away", seconds=30)
    return Problem(502, "t-scan-not-understood")


# --- What comes of it -------------------------------------------------------


def by_id(report: ScanReport) -> list[tuple[str, ScanLine]]:
    """The lines of a report, each by the id of the work that it becomes."""
    return [(f"{report.report_id}-{n:03}", one) for n, one in enumerate(report.lines, 1)]


def work_of(one: ScanLine, work_id: str, dossier: Dossier) -> Work:
    return proposed(work_id, one.label, WorkLevel[one.level.name], priced(one), dossier)


def priced(one: ScanLine) -> Priced | None:
    if one.price is None:
        return None
    return Money(one.price.amount_minor, one.price.currency), PriceMode[one.price.mode.name]


def linkable(one: ScanReport, dossier: Dossier) -> LinkableScanReport:
    return LinkableScanReport(
        scan_report_id=one.report_id,
        plate=one.plate,
        vin=one.vin,
        made_at=one.made_at,
        lines=tuple(map(line_shown, one.lines)),
        linked=one.report_id in dossier.scan_reports,
    )


def line_shown(one: ScanLine) -> ScanLineShown:
    price = None
    if (known := priced(one)) is not None:
        amount, mode = known
        price = ScanPriceShown(amount=MoneyShown.of(amount), mode=mode)
    return ScanLineShown(label=one.label, level=WorkLevel[one.level.name], price=price)


def report_found(one: ScanReport, dealership: Dealership) -> ScanReportFound:
    found = (
        to_do(work_id, each.label, WorkLevel[each.level.name], priced(each), dealership)
        for work_id, each in by_id(one)
    )
    return ScanReportFound(
        scan_report_id=one.report_id,
        plate=one.plate,
        vin=one.vin,
        made_at=one.made_at,
        works=tuple(work for work in found if work is not None),
    )
