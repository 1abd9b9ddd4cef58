"""Lines from elsewhere come into a case that waits to be sent: answered cases into a work report
(FLB-113 to FLB-115), works that were put off into a proposal (R1), what audits and the scanner
found (FLB-099, FLB-100)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.interventions.case_v1 import (
    AuditLinked,
    CaseCreated,
    CaseEvent,
    CaseImported,
    CustomerNamed,
    LineAccepted,
    LineRefused,
    Module,
    Price,
    PriceMode,
    ScanReportLinked,
    VehicleDescribed,
    Work,
    WorkListed,
    WorkSource,
    WorkTakenUp,
)
from services.interventions.case import pricing, works
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier

MOST_IMPORTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks by which a vehicle is known again. The plate has only letters and digits, so that
    it is the same however it was written."""

    vin: str | None
    plate: str | None

    def mean(self, other: "Marks") -> bool | None:
        """Whether both are of one vehicle: by the VIN, which stays when it gets other plates, else
        by the plate. None where they have nothing in common to compare."""
        if self.vin and other.vin:
            return self.vin == other.vin
        if self.plate and other.plate:
            return self.plate == other.plate
        return None


# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A line of an answered case; `work_id` is the one that it gets where it comes to."""

    work_id: str
    work: Work
    accepted: bool
    paid: bool
    """Online."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An answered case. `customer_id` is its customer in `customers`."""

    case_id: str
    customer_id: str
    customer: CustomerNamed | None
    vehicle: VehicleDescribed | None
    marks: Marks
    lines: tuple[Decided, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCases:
    """`import_id` tells a repetition from another import; `customer_id` and `marks` are those of
    the work report."""

    organisation_id: str
    import_id: str
    customer_id: str
    marks: Marks
    cases: tuple[Imported, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A line that is open: it was refused, or a work report planned it; `work_id` is the one that
    it gets where it comes to."""

    work_id: str
    case_id: str
    work: Work
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUpWorks:
    """`marks` are those of the vehicle of the case."""

    organisation_id: str
    marks: Marks
    lines: tuple[PutOff, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAudit:
    """A completed audit of the dealership of the case, and the works that it found. `works_seen` is
    how many works were on the list as it was seen."""

    organisation_id: str
    audit_id: str
    works: tuple[Work, ...]
    works_seen: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkScanReport:
    """A report of T-Scan, and the works that it says. `marks` are those of the vehicle of the case,
    `scanned` those of the report; `works_seen` is as with audits."""

    organisation_id: str
    scan_report_id: str
    marks: Marks
    scanned: Marks
    works: tuple[Work, ...]
    works_seen: int
    by: str
    at: datetime


Command = ImportCases | TakeUpWorks | LinkAudit | LinkScanReport

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseIsImportedAlready:
    """Each case is in a work report once (G-47)."""

    field: ClassVar[str] = "case_ids"
    case_id: str


@dataclass(frozen=True, slots=True)
class CaseOfOtherCustomer:
    field: ClassVar[str] = "case_ids"
    case_id: str


@dataclass(frozen=True, slots=True)
class CaseOfOtherVehicle:
    case_id: str


@dataclass(frozen=True, slots=True)
class TooManyImports:
    field: ClassVar[str] = "case_ids"
    most: int


@dataclass(frozen=True, slots=True)
class ImportedCaseNotAnswered:
    """Nothing is known yet of what was done (FLB-114)."""

    field: ClassVar[str] = "case_ids"
    case_id: str


@dataclass(frozen=True, slots=True)
class ReportOfOtherVehicle:
    field: ClassVar[str] = "scan_report_id"
    scan_report_id: str


@dataclass(frozen=True, slots=True)
class LineIsNotOpen:
    """It was accepted, or never put off."""

    field: ClassVar[str] = "lines"
    case_id: str
    work_id: str


Rejection = (
    ImportedCaseNotAnswered
    | LineIsNotOpen
    | CaseIsImportedAlready
    | CaseOfOtherCustomer
    | CaseOfOtherVehicle
    | ReportOfOtherVehicle
    | TooManyImports
    | works.TooManyWorks
    | NotOfModule
    | Changed
)

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: Command, dossier: Dossier) -> Decision:
    """As in every aggregate, while the case waits to be sent."""
    if dossier.is_sales:
        return NotOfModule(dossier.created.module)
    match command:
        case ImportCases():
            return import_cases(command, dossier)
        case TakeUpWorks():
            return take_up(command, dossier)
        case LinkAudit():
            return link_audit(command, dossier)
        case LinkScanReport():
            return link_scan_report(command, dossier)
        case unhandled:
            assert_never(unhandled)


# --- Work reports -----------------------------------------------------------


def import_cases(command: ImportCases, dossier: Dossier) -> Decision:
    """All of them, or none. A report that names nobody is the customer's of the first one, and so
    with the vehicle."""
    if not dossier.is_report:
        return NotOfModule(dossier.created.module)
    if any(one.import_id == command.import_id for one in dossier.imports):
        return []
    if len(dossier.imports) + len(command.cases) > MOST_IMPORTS:
        return TooManyImports(MOST_IMPORTS)
    made: list[CaseEvent] = []
    for one in command.cases:
        made += [imported(one, command, dossier), *carried_over(one, command, dossier)]
    return (
        imported_twice(command, dossier)
        or of_somebody_else(command, dossier)
        or of_other_vehicle(command, dossier)
        or too_many(made, dossier)
        or [*taken_over(command, dossier), *made]
    )


def imported_twice(command: ImportCases, dossier: Dossier) -> CaseIsImportedAlready | None:
    known = {one.imported_case_id for one in dossier.imports}
    for one in command.cases:
        if one.case_id in known:
            return CaseIsImportedAlready(one.case_id)
        known.add(one.case_id)
    return None


def of_somebody_else(command: ImportCases, dossier: Dossier) -> CaseOfOtherCustomer | None:
    """Nobody is told what somebody else had done."""
    known = command.customer_id if dossier.customer else None
    for one in command.cases:
        if known is not None and one.customer_id != known:
            return CaseOfOtherCustomer(one.case_id)
        known = one.customer_id
    return None


def of_other_vehicle(command: ImportCases, dossier: Dossier) -> CaseOfOtherVehicle | None:
    """A case that says nothing of its vehicle is of any of the customer's."""
    known = command.marks
    for one in command.cases:
        if known.mean(one.marks) is False:
            return CaseOfOtherVehicle(one.case_id)
        known = Marks(vin=known.vin or one.marks.vin, plate=known.plate or one.marks.plate)
    return None


def taken_over(command: ImportCases, dossier: Dossier) -> Iterator[CaseEvent]:
    """The customer and the vehicle of the first case that has them, where the report has none. The
    odometer has moved on since, so what it showed stays behind."""
    created = dossier.created
    customers = [(one.customer, one.customer_id) for one in command.cases if one.customer]
    vehicles = [one.vehicle for one in command.cases if one.vehicle]
    if customers and not dossier.customer:
        customer, customer_id = customers[0]
        yield replace(
            customer,
            case_id=created.case_id,
            contact_id=customer_id,
            known=True,
            named_by=command.by,
            named_at=command.at,
        )
    if vehicles and not dossier.vehicle:
        yield replace(
            vehicles[0],
            case_id=created.case_id,
            mileage_km=None,
            mileage_read_at=None,
            described_by=command.by,
            described_at=command.at,
        )


def carried_over(one: Imported, command: ImportCases, dossier: Dossier) -> Iterator[WorkListed]:
    """Its lines: carried out what was accepted, to be planned what was refused. A day that is over
    is no day to plan for."""
    created = dossier.created
    for line in one.lines:
        work = line.work
        plan = not line.accepted
        yield listed(
            line.work_id,
            at_nothing(work, created.currency) if line.paid else work,
            WorkSource(case_id=one.case_id, work_id=work.work_id),
            command,
            created,
            carried_out=line.accepted,
            paid=line.paid,
            due=plan,
        )


def at_nothing(work: Work, currency: str) -> Work:
    price = Price(
        amount=Money(0, currency),
        mode=work.price.mode if work.price else PriceMode.INCLUDING_VAT,
        vat_basis_points=work.price.vat_basis_points if work.price else 0,
        discount=None,
        discount_basis_points=None,
    )
    return replace(work, price=price, amounts=pricing.amounts_of(price))


def imported(one: Imported, command: ImportCases, dossier: Dossier) -> CaseImported:
    created = dossier.created
    return CaseImported(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        imported_case_id=one.case_id,
        import_id=command.import_id,
        imported_by=command.by,
        imported_at=command.at,
    )


# --- Works that were put off ------------------------------------------------


def take_up(command: TakeUpWorks, dossier: Dossier) -> Decision:
    """All of them, or none; what the case has already comes in no second time."""
    if dossier.is_report:
        return NotOfModule(Module.WORK_REPORT)
    created = dossier.created
    for one in command.lines:
        if not command.marks.mean(one.marks):
            return CaseOfOtherVehicle(one.case_id)
    there = {one.work_id for one in dossier.listed}
    new = [one for one in command.lines if one.work_id not in there]
    made: list[CaseEvent] = [
        event
        for one in new
        for event in (proposed_again(one, command, created), taken_up(one, command, created))
    ]
    return too_many(made, dossier) or made


def proposed_again(one: PutOff, command: TakeUpWorks, created: CaseCreated) -> WorkListed:
    source = WorkSource(case_id=one.case_id, work_id=one.work.work_id)
    return listed(one.work_id, one.work, source, command, created, due=True)


def taken_up(one: PutOff, command: TakeUpWorks, created: CaseCreated) -> WorkTakenUp:
    open_line = WorkSource(case_id=one.case_id, work_id=one.work.work_id)
    return WorkTakenUp(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=one.work_id,
        sources=(open_line, *([one.work.source] if one.work.source else [])),
        taken_up_by=command.by,
        taken_up_at=command.at,
    )


# --- Audits and scans -------------------------------------------------------


def link_audit(command: LinkAudit, dossier: Dossier) -> Decision:
    """An audit comes in once, also when its works were struck since."""
    if command.audit_id in dossier.audits:
        return []
    created = dossier.created
    link = AuditLinked(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        audit_id=command.audit_id,
        linked_by=command.by,
        linked_at=command.at,
    )
    return with_works(link, command, dossier)


def link_scan_report(command: LinkScanReport, dossier: Dossier) -> Decision:
    """A report comes in once, also when its works were struck since; one that has no mark in common
    with the case is taken, for somebody has chosen it."""
    if command.scan_report_id in dossier.scan_reports:
        return []
    if command.marks.mean(command.scanned) is False:
        return ReportOfOtherVehicle(command.scan_report_id)
    created = dossier.created
    link = ScanReportLinked(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        scan_report_id=command.scan_report_id,
        work_ids=tuple(one.work_id for one in command.works),
        linked_by=command.by,
        linked_at=command.at,
    )
    return with_works(link, command, dossier)


def with_works(link: CaseEvent, command: LinkAudit | LinkScanReport, dossier: Dossier) -> Decision:
    """The link and its works, unless the list has changed since it was seen."""
    created = dossier.created
    found = (listed(one.work_id, one, None, command, created, due=False) for one in command.works)
    made: list[CaseEvent] = [link, *found]
    seen, now = {"works": command.works_seen}, {"works": len(dossier.listed)}
    return changed(seen, now) or too_many(made, dossier) or made


# --- Lines ------------------------------------------------------------------


def decided(dossier: Dossier, paid: Collection[str] = ()) -> tuple[Decided, ...]:
    """The lines of an answered case, as they come into a work report; `paid` are its works that
    were paid online."""
    shown, id = dossier.versions[-1].works, dossier.created.case_id
    return tuple(
        Decided(
            work_id=id_of(id, shown, one.work.work_id),
            work=one.work,
            accepted=isinstance(one, LineAccepted),
            paid=one.work.work_id in paid,
        )
        for one in dossier.lines
    )


def put_off(dossier: Dossier, work_id: str) -> Work | None:
    """The line as it was shown, if it is open: it was refused, or a work report plans it and nobody
    took it since."""
    taken = {one.work.work_id for one in dossier.lines if isinstance(one, LineAccepted)}
    refused = [one.work for one in dossier.lines if isinstance(one, LineRefused)]
    planned = dossier.versions[-1].works if dossier.is_report and dossier.versions else ()
    there = (*refused, *(one for one in works.decided(planned) if one.work_id not in taken))
    return next((one for one in there if one.work_id == work_id), None)


def id_of(case_id: str, shown: tuple[Work, ...], work_id: str) -> str:
    """The id of a line where it comes to: that of its case and its place among those shown there,
    so that lines of two cases never have the same."""
    place = next(n for n, one in enumerate(shown, 1) if one.work_id == work_id)
    return f"{case_id}-{place}"


def listed(
    work_id: str,
    work: Work,
    source: WorkSource | None,
    command: Command,
    created: CaseCreated,
    *,
    carried_out: bool = False,
    paid: bool = False,
    due: bool,
) -> WorkListed:
    """The line as a work of the case, due as it was unless that day is over; a price in another
    currency stays behind."""
    foreign = work.price is not None and work.price.amount.currency != created.currency
    over = work.due_on is not None and work.due_on < works.today(created, command.at)
    waits = due and not over
    return WorkListed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        work_id=work_id,
        label=work.label,
        level=work.level,
        price=None if foreign else work.price,
        amounts=None if foreign else work.amounts,
        carried_out=carried_out,
        ordinal=0,
        checklist_item_id=None,
        due_on=work.due_on if waits else None,
        due_mileage_km=work.due_mileage_km if waits else None,
        source=source,
        paid=paid,
        measurement=work.measurement,
        assessment=work.assessment,
        listed_by=command.by,
        listed_at=command.at,
    )


def too_many(made: Iterable[CaseEvent], dossier: Dossier) -> works.TooManyWorks | None:
    """Whether the case would have more works than a case can have."""
    new = {one.work_id for one in made if isinstance(one, WorkListed)}
    if len(new | set(dossier.works)) <= works.MOST_WORKS:
        return None
    return works.TooManyWorks(works.MOST_WORKS)
