"""Organisations, for the services whose routes are open to one kind of them, once it is let in."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.accounts import organisation_v1
from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    OrganisationRegistered,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import Problem, not_let_in
from infra.http.request_context import RequestContext

DEPOT = OrganisationKind.DEPOT.name.lower()
DEALER_GROUP = OrganisationKind.DEALER_GROUP.name.lower()
DEALERS = frozenset({DEALER_GROUP, OrganisationKind.DEALERSHIP.name.lower()})
PROVIDERS = frozenset({OrganisationKind.PROVIDER.name.lower()})
OPERATOR = OrganisationKind.MARKETPLACE_OPERATOR.name.lower()
MARKETPLACES = frozenset({OrganisationKind.MARKETPLACE.name.lower(), OPERATOR})
"""Who operates the platform may keep a marketplace as well; the reverse does not hold."""
Reads = (
    OrganisationRegistered
    | RegistrationSubmitted
    | RegistrationConfirmed
    | RegistrationRejected
    | RegistrationCorrected
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation; one that was founded is let in."""

    organisation_id: str
    kind: str
    barred: str | None = None
    """`pending` or `rejected` while it is not let in."""


def key(event: Reads) -> tuple[str]:
    return (event.organisation_id,)


def project(row: Organisation | None, event: Reads) -> Organisation:
    if isinstance(event, OrganisationRegistered):
        return Organisation(organisation_id=event.organisation_id, kind=event.kind.name.lower())
    if row is None:
        raise OutOfOrder(event)
    match event:
        case RegistrationSubmitted() | RegistrationCorrected():
            return replace(row, barred="pending")
        case RegistrationConfirmed():
            return replace(row, barred=None)
        case RegistrationRejected():
            return replace(row, barred="rejected")
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="organisations",
    contract=organisation_v1.contract,
    reads=Reads,
    row=Organisation,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)


async def require_depot(context: RequestContext) -> None:
    """Refuse a caller whose organisation is no depot, or is not let in (yet).

    Raises a 403 `Problem`.
    """
    own = await context.lookup(lookup, context.principal.organisation_id)
    if own is None or own.kind != DEPOT:
        raise Problem(403, "not-a-depot")
    if own.barred:
        raise not_let_in(own.barred)


async def require_dealer(context: RequestContext) -> Organisation:
    """The caller's organisation, which is a dealership or a group of them (ADR 68).

    Raises a 403 `Problem` for any other.
    """
    own = await context.lookup(lookup, context.principal.organisation_id)
    if own is None or own.kind not in DEALERS:
        raise Problem(403, "not-a-dealer")
    if own.barred:
        raise not_let_in(own.barred)
    return own


async def require_marketplace(context: RequestContext) -> None:
    """Refuse a caller whose organisation keeps no marketplace. Raises a 403 `Problem`."""
    await _require(context, MARKETPLACES, "not-a-marketplace")


async def require_provider(context: RequestContext) -> None:
    """Refuse a caller whose organisation is no provider of marketplaces. Raises a 403 `Problem`."""
    await _require(context, PROVIDERS, "not-a-provider")


async def is_provider(context: RequestContext) -> bool:
    """Whether the caller's organisation is a provider of marketplaces."""
    own = await context.lookup(lookup, context.principal.organisation_id)
    return own is not None and own.kind in PROVIDERS


async def require_marketplace_or_provider(context: RequestContext) -> None:
    """Refuse a caller whose organisation is neither. Raises a 403 `Problem`."""
    await _require(context, MARKETPLACES | PROVIDERS, "not-a-marketplace")


async def _require(context: RequestContext, kinds: frozenset[str], slug: str) -> None:
    own = await context.lookup(lookup, context.principal.organisation_id)
    if own is None or own.kind not in kinds:
        raise Problem(403, slug)
    if own.barred:
        raise not_let_in(own.barred)


async def is_operator(context: RequestContext) -> bool:
    """Whether the caller's organisation operates the platform, for all others."""
    own = await context.lookup(lookup, context.principal.organisation_id)
    return own is not None and own.kind == OPERATOR


async def require_operator(context: RequestContext) -> None:
    """Refuse a caller whose organisation does not operate the platform. Raises a 403 `Problem`."""
    if not await is_operator(context):
        raise Problem(403, "not-the-operator")
