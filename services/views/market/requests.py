"""How far is each request of a customer of a marketplace? (OGU-24)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.dispatch.request_v1 import (
    OfferDeclined,
    Participant,
    ProposalMade,
    ProposalsSent,
    ProviderChosen,
    ReplacementBegun,
    RequestAssigned,
    RequestCancelled,
    RequestCreated,
    RequestUnanswered,
    SubjectForgotten,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.reading import Table
from infra.searching import Words, words
from services.views.market.access import OperatorContext
from services.views.market.relations import Names, names_of

OfSearch = RequestAssigned | ProposalMade | OfferDeclined | ProposalsSent | RequestUnanswered
OfEnd = ProviderChosen | RequestCancelled | ReplacementBegun
Reads = RequestCreated | OfSearch | OfEnd | SubjectForgotten


class ServiceRequestStatus(StrEnum):
    """How far a request is."""

    CREATED = "created"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    PROPOSALS_SENT = "proposals_sent"
    CHOSEN = "chosen"
    CANCELLED = "cancelled"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`organisation_id` is that of the marketplace. The name is empty of who was forgotten."""

    request_id: str
    organisation_id: str
    status: str
    service_code: str
    customer_name: str
    locality: str
    search: Words
    wanted_from: datetime
    wanted_until: datetime
    created_by: str
    created_at: datetime
    is_offered: bool = False
    answered: tuple[str, ...] = ()
    """The providers whose proposals stand."""
    is_sent: bool = False
    unanswered: bool = False
    answer_by: datetime | None = None
    send_at: datetime | None = None
    chosen_provider_id: str | None = None
    job_id: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.request_id,)


def project(row: Request | None, event: Reads) -> Request | None:
    if isinstance(event, RequestCreated):
        return created(event)
    if isinstance(event, SubjectForgotten):
        return row and forgotten(row)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case (
            RequestAssigned()
            | ProposalMade()
            | OfferDeclined()
            | ProposalsSent()
            | RequestUnanswered()
        ):
            return as_far(searched(row, event))
        case ProviderChosen():
            return replace(
                row,
                status=ServiceRequestStatus.CHOSEN.value,
                chosen_provider_id=event.provider_id,
                job_id=event.job_id,
            )
        case RequestCancelled():
            return replace(row, status=ServiceRequestStatus.CANCELLED.value)
        case ReplacementBegun():
            return as_far(again(row))
        case unhandled:
            assert_never(unhandled)


def created(event: RequestCreated) -> Request:
    return Request(
        request_id=event.request_id,
        organisation_id=event.organisation_id,
        status=ServiceRequestStatus.CREATED.value,
        service_code=event.service_code,
        customer_name=event.customer_name,
        locality=event.locality,
        search=words(event.customer_name, event.locality),
        wanted_from=event.wanted_from,
        wanted_until=event.wanted_until,
        created_by=event.created_by.name.lower(),
        created_at=event.created_at,
    )


def forgotten(row: Request) -> Request:
    return replace(
        row,
        status=ServiceRequestStatus.FORGOTTEN.value,
        customer_name="",
        search=words(row.locality),
    )


def searched(row: Request, event: OfSearch) -> Request:
    """The row after a fact of the search for a provider."""
    match event:
        case RequestAssigned():
            return replace(
                row,
                is_offered=row.is_offered or event.offered_providers > 0,
                answer_by=event.answer_by,
                send_at=event.send_at or row.send_at,
            )
        case ProposalMade():
            return replace(
                row,
                answered=(*without(row.answered, event.provider_id), event.provider_id),
                send_at=event.send_at or row.send_at,
                unanswered=row.unanswered and event.send_at is None,
            )
        case OfferDeclined():
            return replace(row, answered=without(row.answered, event.provider_id))
        case ProposalsSent():
            return replace(row, is_sent=True)
        case RequestUnanswered():
            return replace(row, unanswered=True)
        case unhandled:
            assert_never(unhandled)


def without(ids: tuple[str, ...], id: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one != id)


def again(row: Request) -> Request:
    """Another provider is looked for: none of the former answers counts."""
    return replace(
        row,
        answered=(),
        is_sent=False,
        unanswered=False,
        send_at=None,
        chosen_provider_id=None,
        job_id=None,
    )


def as_far(row: Request) -> Request:
    """The row with the status of a request whose provider is looked for."""
    if row.is_sent:
        status = ServiceRequestStatus.PROPOSALS_SENT
    elif row.answered:
        status = ServiceRequestStatus.ANSWERED
    elif row.is_offered:
        status = ServiceRequestStatus.ASSIGNED
    else:
        status = ServiceRequestStatus.CREATED
    return replace(row, status=status.value)


view = View(
    name="requests",
    contract=contract,
    reads=Reads,
    row=Request,
    primary_key=("request_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, created_at, request_id)",
        "(organisation_id, status, created_at, request_id)",
    ),
)
table = Table(view, "requests", key="request_id")
NEWEST = table.order("newest-request", "created_at", "request_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Requests")


class ServiceRequestFilters(Filters):
    """Which requests are wanted."""

    no_columns = frozenset({"q"})

    status: ServiceRequestStatus | None = None
    service_code: Id | None = None
    unanswered: bool | None = None
    q: Typed = ""


class RequestListed(Answer):
    """A request of a customer, in a list."""

    request_id: str
    status: ServiceRequestStatus
    service_code: str
    customer_name: str
    """Empty once the customer was forgotten."""
    locality: str
    wanted_from: Instant
    wanted_until: Instant
    created_by: Annotated[Participant, Named()]
    created_at: Instant
    answer_by: Instant | None
    """Null before it was offered to anybody."""
    send_at: Instant | None
    """When proposals are sent, however many there are."""
    unanswered: bool
    """The delay ended without an answer."""
    proposals: int
    """Those that stand."""
    chosen_provider_id: str | None
    chosen_provider_name: str | None
    job_id: str | None


@router.get("/requests")
async def list_requests(
    context: OperatorContext, page: Paging, filters: Annotated[ServiceRequestFilters, Query()]
) -> Answered[Listed[RequestListed]]:
    """List the requests of a marketplace, the newest first."""
    own = context.principal.organisation_id

    async def present(rows: Sequence[Request]) -> list[RequestListed]:
        chosen = ((own, row.chosen_provider_id) for row in rows if row.chosen_provider_id)
        names = await names_of(context, chosen)
        return [listed(row, names) for row in rows]

    found = filters.narrow(table.of(own)).searched(filters.q)
    return await page.show_together(found, NEWEST, present)


def listed(row: Request, names: Names) -> RequestListed:
    chosen = row.chosen_provider_id
    return RequestListed(
        request_id=row.request_id,
        status=ServiceRequestStatus(row.status),
        service_code=row.service_code,
        customer_name=row.customer_name,
        locality=row.locality,
        wanted_from=row.wanted_from,
        wanted_until=row.wanted_until,
        created_by=Participant[row.created_by.upper()],
        created_at=row.created_at,
        answer_by=row.answer_by,
        send_at=row.send_at,
        unanswered=row.unanswered,
        proposals=len(row.answered),
        chosen_provider_id=chosen,
        chosen_provider_name=names.providers.get(chosen) if chosen else None,
        job_id=row.job_id,
    )
