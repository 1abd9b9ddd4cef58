"""Which extra costs of missions wait for an answer? One row a request."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.missions.trip_v1 import (
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router, money
from infra.http.models import Instant, Named
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import TRIP
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from services.views.backoffice.persons import PersonShown, with_drivers

Reads = ExtraCostRequested | ExtraCostAccepted | ExtraCostRefused


class ExtraStatus(StrEnum):
    """The standing of a request."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """`status`: requested, accepted, refused. `granted_minor` is what may be declared."""

    trip_id: str
    request_id: str
    driver_id: str
    kind: str
    amount_minor: int
    currency: str
    reason: str
    photo_file_id: str
    requested_at: datetime
    status: str = "requested"
    granted_minor: int | None = None
    refusal_reason: str | None = None
    decided_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.trip_id, event.request_id


def project(row: Extra | None, event: Reads) -> Extra:
    match event:
        case ExtraCostRequested():
            return _requested(event)
        case ExtraCostAccepted() | ExtraCostRefused():
            return _decided(row, event)
        case unhandled:
            assert_never(unhandled)


def _requested(event: ExtraCostRequested) -> Extra:
    return Extra(
        trip_id=event.trip_id,
        request_id=event.request_id,
        driver_id=event.driver_id,
        kind=event.kind.name.lower(),
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        reason=event.reason,
        photo_file_id=event.photo_file_id,
        requested_at=event.requested_at,
    )


def _decided(row: Extra | None, event: ExtraCostAccepted | ExtraCostRefused) -> Extra:
    if row is None:
        raise OutOfOrder(event)
    if isinstance(event, ExtraCostAccepted):
        granted = event.amount.amount_minor
        return replace(row, status="accepted", granted_minor=granted, decided_at=event.accepted_at)
    return replace(row, status="refused", refusal_reason=event.reason, decided_at=event.refused_at)


view = View(
    name="extras",
    contract=contract,
    reads=Reads,
    row=Extra,
    primary_key=("trip_id", "request_id"),
    key=key,
    project=project,
    indexes=("(requested_at, trip_id, request_id) where status = 'requested'",),
    subject="driver_id",
    personal=("reason",),
)

# --- The question -----------------------------------------------------------

extras = Table(
    view,
    "extras join trips using (trip_id)",
    organisation="trips.organisation_id",
)
OLDEST = extras.order("oldest-extra", "requested_at", "trip_id", "request_id")


def to_decide(organisation_id: str) -> Rows[Extra]:
    """Extra costs that wait for an answer."""
    return extras.of(organisation_id, status="requested")


class ExtraShown(Answer):
    """An extra cost that a driver asked for on a mission."""

    trip_id: str
    request_id: str
    driver_id: str
    driver: PersonShown
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    amount_minor: Annotated[int, FORMER]
    currency: Annotated[str, FORMER]
    reason: str
    photo_file_id: str
    requested_at: Instant
    status: ExtraStatus
    granted: MoneyShown | None
    """How much may be declared, once it was accepted."""
    granted_minor: Annotated[int | None, FORMER]
    refusal_reason: str | None
    decided_at: Instant | None


def extra_shown(row: Extra, driver: PersonShown) -> ExtraShown:
    sums = {
        "amount": money(row.amount_minor, row.currency),
        "granted": money(row.granted_minor, row.currency),
    }
    return ExtraShown.of({**asdict(row), **sums, "driver": driver})


router = Router("Extra costs")
Logistics = Annotated[RequestContext, requires("logistics")]


@router.get("/extras/to-decide")
async def extras_to_decide(
    context: Logistics, page: Paging, reference: ByReference = None
) -> Answered[Listed[ExtraShown]]:
    """Extra costs of missions that wait for an answer, oldest first."""
    organisation_id = context.principal.organisation_id
    waiting = of_reference(to_decide(organisation_id), "trip_id", TRIP, organisation_id, reference)

    return await page.show_together(waiting, OLDEST, with_drivers(context, extra_shown))
