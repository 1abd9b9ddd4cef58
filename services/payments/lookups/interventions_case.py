"""Cases that customers can pay for: what they accepted, or what a work report says was done.

A case is paid for once it is answered, a work report once it was sent (FLB-172, FLB-175, G-59).
"""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseIdentified,
    CustomerNamed,
    LineAccepted,
    Module,
    RevisionBegun,
    VersionFixed,
    Work,
    WorkLevel,
    contract,
)
from infra.consumers.views import OutOfOrder, View

COSTLY = frozenset({WorkLevel.ADVISED, WorkLevel.URGENT})

Reads = (
    CaseCreated
    | CaseIdentified
    | CustomerNamed
    | VersionFixed
    | RevisionBegun
    | LineAccepted
    | CaseAnswered
    | CaseClosed
    | CaseDeleted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """A work with a price that was not paid; the source is the work of another case that it is,
    in a work report."""

    work_id: str
    label: str
    excluding_minor: int
    vat_minor: int
    including_minor: int
    vat_basis_points: int
    source_case_id: str | None = None
    source_work_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case, as far as somebody pays for it. `version` is 0 before there is what to pay for."""

    case_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    module: str
    currency: str
    time_zone: str
    language: str
    first_name: str | None = None
    last_name: str | None = None
    version: int = 0
    works: tuple[Payable, ...] = ()
    over: bool = False
    """It was closed or deleted: nothing is paid online any more."""

    @property
    def customer_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: Case | None, event: Reads) -> Case:
    if isinstance(event, CaseCreated):
        return Case(
            case_id=event.case_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            brand=event.brand,
            module=event.module.name,
            currency=event.currency,
            time_zone=event.time_zone,
            language=event.language,
        )
    if row is None:
        raise OutOfOrder(event)
    is_report = row.module == Module.WORK_REPORT.name
    match event:
        case CaseIdentified():
            return replace(row, brand=event.brand)
        case CustomerNamed():
            return replace(
                row,
                first_name=event.first_name,
                last_name=event.last_name,
                language=event.language,
            )
        case VersionFixed():
            done = tuple(payable(o) for o in event.works if o.carried_out and has_price(o))
            return replace(row, version=event.version, works=done) if is_report else row
        case RevisionBegun():
            return replace(row, version=0, works=())
        case LineAccepted():
            if not has_price(event.work) or event.work.work_id in {o.work_id for o in row.works}:
                return row
            return replace(row, works=(*row.works, payable(event.work)))
        case CaseAnswered():
            return replace(row, version=event.version)
        case CaseClosed() | CaseDeleted():
            return replace(row, over=True)
        case unhandled:
            assert_never(unhandled)


def has_price(work: Work) -> bool:
    """Whether it costs something that was not paid yet: what is in order or complimentary has at
    most a price that nobody pays (G-56)."""
    costs = work.amounts is not None and work.amounts.including_vat.amount_minor > 0
    return costs and work.level in COSTLY and not work.paid


def payable(work: Work) -> Payable:
    assert work.amounts is not None
    assert work.price is not None
    return Payable(
        work_id=work.work_id,
        label=work.label,
        excluding_minor=work.amounts.excluding_vat.amount_minor,
        vat_minor=work.amounts.vat.amount_minor,
        including_minor=work.amounts.including_vat.amount_minor,
        vat_basis_points=work.price.vat_basis_points,
        source_case_id=work.source.case_id if work.source else None,
        source_work_id=work.source.work_id if work.source else None,
    )


lookup = View(
    name="payable_cases",
    contract=contract,
    reads=Reads,
    row=Case,
    primary_key=("case_id",),
    key=key,
    project=project,
    subject="case_id",
    personal=("first_name", "last_name"),
)
