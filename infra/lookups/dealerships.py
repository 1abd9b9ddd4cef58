"""Dealerships, for the services whose facts name one: whose is it, and how does it work?"""

from contracts import dealers
from contracts.dealers import Dealership, Reads
from contracts.dealerships import dealership_v1
from contracts.dealerships.dealership_v1 import DealershipOpened, Licence
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import Problem, no_such_dealership, unknown_reference
from infra.http.request_context import RequestContext
from infra.tokens import Role


def key(event: Reads) -> tuple[str]:
    return (event.dealership_id,)


def project(row: Dealership | None, event: Reads) -> Dealership:
    if isinstance(event, DealershipOpened):
        return dealers.opened(event)
    if row is None:
        raise OutOfOrder(event)
    return dealers.changed(row, event)


lookup = View(
    name="dealerships",
    contract=dealership_v1.contract,
    reads=Reads,
    row=Dealership,
    primary_key=("dealership_id",),
    key=key,
    project=project,
    subject="dealership_id",
    personal=("notified_addresses",),
)


async def require(context: RequestContext, field: str, dealership_id: str) -> Dealership:
    """The dealership that a field of the body names, which is one of the caller's organisation.

    `contracts.dealers.effective` says how it works. Raises the 422 `Problem` of the field.
    """
    found = await context.lookup(lookup, dealership_id)
    return known(context, field, found)


def known(context: RequestContext, field: str, found: Dealership | None) -> Dealership:
    """The dealership that was found for a field of the body. Raises what `require` raises."""
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise unknown_reference(field, "dealership")
    return found


async def licensed(
    context: RequestContext, dealership_id: str, licence: Licence, *roles: Role
) -> Dealership:
    """The dealership of a path, if the caller has one of the roles at it and it is licensed for
    that (G-79). Raises a 404 `Problem`, or 403 without the licence."""
    context.require_dealership(dealership_id, *roles)
    found = await context.lookup(lookup, dealership_id)
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise no_such_dealership()
    require_licence(found, licence)
    return found


def has_licence(dealership: Dealership, licence: Licence) -> bool:
    """Whether the dealership is licensed for something (G-79)."""
    return licence.name.lower() in dealership.licences


def require_licence(dealership: Dealership, licence: Licence) -> None:
    """Refuse what the dealership is not licensed for (G-79). Raises a 403 `Problem`."""
    if not has_licence(dealership, licence):
        raise Problem(403, "not-licensed", facts={"licence": licence.name.lower()})
