"""The payments of cases at a dealership, with what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, assert_never, get_args

from contracts.payments.charge_v1 import (
    AttemptBegun,
    AttemptEnded,
    ChargeOffered,
    ChargePaid,
    DealershipChosen,
    DocumentNumbered,
    DocumentWithheld,
    FeeRead,
    PaidElsewhere,
    PaymentDiffered,
    RefundBounced,
    RefundMade,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Called, Id, Instant
from infra.http.pages import Paging
from infra.reading import Table
from services.payments.http.card_access import READERS, ReaderContext

Reads = (
    ChargeOffered
    | DealershipChosen
    | AttemptBegun
    | AttemptEnded
    | ChargePaid
    | PaidElsewhere
    | PaymentDiffered
    | RefundMade
    | RefundBounced
    | FeeRead
    | DocumentNumbered
    | DocumentWithheld
)
_Status = Literal["offered", "at_dealership", "asked", "failed", "parked", "settled", "paid"]
ChargeStatus = Annotated[_Status, Called("ChargeStatus")]
STATUSES: Mapping[str, _Status] = {one: one for one in get_args(_Status)}


@dataclass(frozen=True, slots=True)
class Back:
    """A refund that holds, and its amount including VAT."""

    refund_id: str
    including_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRow:
    """A charge. `reported_minor` is the other amount that the provider spoke of."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    status: str
    total_minor: int
    currency: str
    offered_at: datetime
    paid_at: datetime | None = None
    refunds: tuple[Back, ...] = ()
    fee_minor: int | None = None
    fee_currency: str | None = None
    """That of the provider's balance."""
    invoice_number: str | None = None
    reported_minor: int | None = None
    broken_rules: tuple[str, ...] = ()
    """Those for which its next document has no number."""

    @property
    def refunded_minor(self) -> int:
        return sum(one.including_minor for one in self.refunds)


def key(event: Reads) -> tuple[str]:
    return (event.charge_id,)


def project(row: ChargeRow | None, event: Reads) -> ChargeRow:
    if isinstance(event, ChargeOffered):
        total = event.total.including_vat
        return ChargeRow(
            charge_id=event.charge_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            case_id=event.case_id,
            status="offered",
            total_minor=total.amount_minor,
            currency=total.currency,
            offered_at=event.offered_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DealershipChosen():
            return replace(row, status="at_dealership")
        case AttemptBegun():
            return replace(row, status="asked")
        case AttemptEnded():
            return replace(row, status="failed")
        case PaymentDiffered():
            return replace(row, status="parked", reported_minor=event.reported.amount_minor)
        case PaidElsewhere():
            return replace(row, status="settled")
        case ChargePaid():
            return replace(row, status="paid", paid_at=event.paid_at)
        case RefundMade():
            made = Back(event.refund_id, event.total.including_vat.amount_minor)
            return replace(row, refunds=(*others(row, event), made))
        case RefundBounced():
            return replace(row, refunds=others(row, event))
        case FeeRead(refund_id=None):
            fee = event.fee
            return replace(row, fee_minor=fee.amount_minor, fee_currency=fee.currency)
        case DocumentNumbered(refund_id=None):
            return replace(row, invoice_number=event.number, broken_rules=())
        case DocumentNumbered():
            return replace(row, broken_rules=())
        case DocumentWithheld():
            return replace(row, broken_rules=event.rules)
        case FeeRead():
            return row
        case unhandled:
            assert_never(unhandled)


def others(row: ChargeRow, event: RefundMade | RefundBounced) -> tuple[Back, ...]:
    """The refunds that hold without this one, which counts once, however often it is seen."""
    return tuple(one for one in row.refunds if one.refund_id != event.refund_id)


view = View(
    name="charges",
    contract=contract,
    reads=Reads,
    row=ChargeRow,
    primary_key=("charge_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, offered_at desc, charge_id desc)",),
)

# --- The question -----------------------------------------------------------

charges = Table(view, "charges")
LATEST = charges.order("latest", "offered_at", "charge_id", descending=True)


class ChargeListed(Answer):
    """The payment of a case."""

    charge_id: str
    dealership_id: str
    case_id: str
    status: ChargeStatus
    total: MoneyShown
    refunded: MoneyShown
    fee: MoneyShown | None
    """What the provider kept of the payment, as it says."""
    reported: MoneyShown | None
    """The other amount that the provider reported, where it did."""
    invoice_number: str | None
    broken_rules: list[str]
    """The rules of electronic invoices, like BR-CO-09, for which its next document has no number.
    Empty where nothing is in the way."""
    offered_at: Instant
    paid_at: Instant | None


def charge_listed(row: ChargeRow) -> ChargeListed:
    def money(minor: int | None, currency: str | None) -> MoneyShown | None:
        if minor is None or currency is None:
            return None
        return MoneyShown(amount_minor=minor, currency=currency)

    return ChargeListed(
        charge_id=row.charge_id,
        dealership_id=row.dealership_id,
        case_id=row.case_id,
        status=STATUSES[row.status],
        total=MoneyShown(amount_minor=row.total_minor, currency=row.currency),
        refunded=MoneyShown(amount_minor=row.refunded_minor, currency=row.currency),
        fee=money(row.fee_minor, row.fee_currency),
        reported=money(row.reported_minor, row.currency),
        invoice_number=row.invoice_number,
        broken_rules=list(row.broken_rules),
        offered_at=row.offered_at,
        paid_at=row.paid_at,
    )


router = Router("Card payments")


@router.get("/charges")
async def list_charges(
    context: ReaderContext,
    page: Paging,
    case_id: Id | None = None,
    status: ChargeStatus | None = None,
    withheld: bool | None = None,
) -> Answered[Listed[ChargeListed]]:
    """List the payments of cases at the caller's dealerships, the latest first.

    `withheld` are those of which a document has no number, because it would break a rule.
    """
    rows = charges.of(context.principal.organisation_id)
    held = context.dealerships(*READERS)
    if not held.everywhere:
        rows = rows.only(dealership_id=held.ids)
    if case_id is not None:
        rows = rows.only(case_id=case_id)
    if status is not None:
        rows = rows.only(status=status)
    if withheld is not None:
        rows = rows.where("(broken_rules <> '{}') = %(withheld)s", withheld=withheld)
    return await page.show(rows, LATEST, charge_listed)
