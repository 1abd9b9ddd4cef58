"""The thing a request is about, and the files that come with it: both are checked in lookups."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field, StringConstraints

from contracts.media.file_v1 import Purpose
from contracts.support.request_v1 import AttachedObject, ObjectKind, ObjectStatus
from infra.consumers.views import View
from infra.http.models import Body, Id, Named
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import files
from services.support.lookups import (
    depot_tours_order,
    depot_tours_returned,
    depot_tours_tour,
    missions_trip,
)

MOST_FILES = 10
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
FileIds = Annotated[tuple[Id, ...], Field(max_length=MOST_FILES, strict=False)]
"""Files of one's own that were sent for the purpose `other`."""

LOOKUPS: Mapping[ObjectKind, View[Any, Any]] = {
    ObjectKind.TRIP: missions_trip.lookup,
    ObjectKind.TOUR: depot_tours_tour.lookup,
    ObjectKind.ORDER: depot_tours_order.lookup,
    ObjectKind.RETURN: depot_tours_returned.lookup,
}
CARRIERS = frozenset({"driver", "courier"})
"""Who has only these roles knows the trips and tours that are theirs."""


class Row(Protocol):
    """A thing, as all these lookups tell of it."""

    organisation_id: str
    called: str
    status: str
    carrier_id: str | None


class AboutBody(Body):
    """A thing that a request is about; support sees how it stands now."""

    kind: Annotated[ObjectKind, Named()]
    id: Id


async def attached(
    context: RequestContext, field: str, kind: ObjectKind, id: str
) -> AttachedObject:
    """The thing as it stands (S1). Raises the 422 `Problem` of the field for one that the caller
    may not see, as for one that never existed."""
    lookup = LOOKUPS[kind]
    contract = lookup.contract
    [key] = lookup.primary_key
    stream = f"{contract.service}.{contract.name}/{id}"
    found = await context.lookups.standing(lookup, stream, **{key: id})
    if found is None or not may_see(context, found[0]):
        raise unknown_reference(field, kind.name.lower())
    row, version = found
    return AttachedObject(
        kind=kind,
        object_id=id,
        called=row.called,
        status=ObjectStatus[row.status.upper()],
        version=version,
        carrier_id=row.carrier_id,
    )


def may_see(context: RequestContext, row: Row) -> bool:
    """Whether the caller knows of the thing: it is their organisation's, and, for who only carries,
    theirs or on offer to all."""
    who = context.principal
    if row.organisation_id != who.organisation_id:
        return False
    offered = row.status == "open"
    return not who.roles <= CARRIERS or row.carrier_id == who.subject or offered


async def require_files(context: RequestContext, file_ids: Sequence[str]) -> None:
    """Refuse files that are not the caller's, or were sent for something else. Raises a 422
    `Problem`."""
    for n, file_id in enumerate(file_ids):
        await files.require(context, f"file_ids/{n}", file_id, {Purpose.OTHER})
