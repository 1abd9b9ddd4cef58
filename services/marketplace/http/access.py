"""The callers whom routes admit, and the marketplace or provider that each of them is."""

from typing import Annotated

from contracts.providers import Marketplace, Relation, relation_id
from infra.http.request_context import PublicRequest, RequestContext, public, requires
from infra.lookups import organisations, users
from services.marketplace import marketplace, relation
from services.marketplace.aggregates import MARKETPLACE, RELATION
from services.marketplace.marketplace import MarketplaceIsOff, NoSuchMarketplace
from services.marketplace.relation import NoSuchRelation

PublicContext = Annotated[PublicRequest, public()]
ActivatorContext = Annotated[RequestContext, requires("administration")]
"""The administration of a marketplace (G-60)."""
OperatorContext = Annotated[RequestContext, requires("marketplace_manager")]
SettingsContext = Annotated[RequestContext, requires("marketplace_manager", "administration")]
ProviderContext = Annotated[RequestContext, requires("provider_manager")]
OwnerContext = Annotated[RequestContext, requires("administration")]
"""The administration of a provider: what it says of its bank and taxes needs a second factor."""


async def guard(context: RequestContext) -> None:
    """Refuse whose session is over, and who acts neither for a marketplace nor for a provider; a
    role of either kind is granted in organisations of that kind alone. Raises 401 or 403."""
    await users.refuse_ended(context)
    await organisations.require_marketplace_or_provider(context)


async def mine(context: RequestContext) -> Marketplace:
    """The caller's own marketplace, active or not. Raises a 404 `Problem` before it is one."""
    return await found(context, context.principal.organisation_id)


async def found(context: PublicRequest, marketplace_id: str) -> Marketplace:
    """A marketplace, active or not. Raises a 404 `Problem`."""
    state = (await context.load(MARKETPLACE, marketplace_id)).state
    if isinstance(state, marketplace.Known):
        return state.marketplace
    raise context.refuse(NoSuchMarketplace())


async def active(context: PublicRequest, marketplace_id: str) -> Marketplace:
    """A marketplace that is active. Raises a 404 or a 409 `Problem`."""
    known = await found(context, marketplace_id)
    if not known.active:
        raise context.refuse(MarketplaceIsOff())
    return known


def between(context: RequestContext, *, provider_id: str = "", marketplace_id: str = "") -> str:
    """The id of what is between the caller and the other one: nobody can name anybody else's."""
    own = context.principal.organisation_id
    return relation_id(own, provider_id) if provider_id else relation_id(marketplace_id, own)


async def related(context: RequestContext, id: str) -> Relation:
    """The relation of the caller and another one. Raises a 404 `Problem` where there is none."""
    state = (await context.load(RELATION, id)).state
    if isinstance(state, relation.Known):
        return state.relation
    raise context.refuse(NoSuchRelation())
