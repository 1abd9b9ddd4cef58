"""Requests of a marketplace's customers, for the threads with the providers that have to do with
them: whose are they, and who was offered one?"""

from dataclasses import dataclass, replace

from contracts.dispatch.request_v1 import (
    RequestCancelled,
    RequestCreated,
    RequestOffered,
    SubjectForgotten,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = RequestCreated | RequestCancelled | SubjectForgotten
OPEN, CLOSED, GONE = "open", "closed", "gone"
"""Closed: cancelled. Gone: its customer was forgotten. One that found a provider stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`organisation_id` is that of the marketplace, `manager_id` who is told there."""

    request_id: str
    organisation_id: str
    manager_id: str
    state: str = OPEN


def key(event: Reads) -> tuple[str]:
    return (event.request_id,)


def project(row: Request | None, event: Reads) -> Request | None:
    if isinstance(event, RequestCreated):
        return Request(
            request_id=event.request_id,
            organisation_id=event.organisation_id,
            manager_id=event.manager_id,
        )
    if isinstance(event, SubjectForgotten):
        # Somebody of whom nothing is known may be forgotten.
        return row and replace(row, state=GONE)
    if row is None:
        raise OutOfOrder(event)
    return replace(row, state=CLOSED)


lookup = View(
    name="service_requests",
    contract=contract,
    reads=Reads,
    row=Request,
    primary_key=("request_id",),
    key=key,
    project=project,
)


# --- Those who were offered one ---------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """`manager_id` is somebody of the provider, who is told."""

    request_id: str
    provider_id: str
    manager_id: str


def key_of_offer(event: RequestOffered) -> tuple[str, str]:
    return event.request_id, event.provider_id


def offered(_: Offered | None, event: RequestOffered) -> Offered:
    return Offered(
        request_id=event.request_id, provider_id=event.provider_id, manager_id=event.manager_id
    )


offers = View(
    name="offers",
    contract=contract,
    reads=RequestOffered,
    row=Offered,
    primary_key=("request_id", "provider_id"),
    key=key_of_offer,
    project=offered,
)
