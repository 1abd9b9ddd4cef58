"""The callers whom routes admit, which threads they see, and who wants to be told of messages."""

from typing import Annotated

from contracts.conversations.thread_v1 import Member, ThreadKind
from contracts.dealerships.dealership_v1 import Licence
from infra.http.problems import unknown_reference
from infra.http.request_context import MEMBERS, PublicRequest, RequestContext, requires
from infra.lookups import dealerships, users
from infra.reading import Table
from infra.tokens import Role
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.lookups import messaging_preferences
from services.conversations.thread.sides import Thread

MemberContext = Annotated[RequestContext, requires(*MEMBERS)]
MarketContext = Annotated[RequestContext, requires("marketplace_manager", "provider_manager")]

AGENT: Role = "administrative_agent"
SELLER: Role = "sales_representative"
MANAGERS: tuple[Role, ...] = ("dealership_manager", "group_manager")
OPERATOR: Role = "marketplace_manager"
PROVIDER: Role = "provider_manager"
STAFF: frozenset[Role] = frozenset({"logistics", "administration", OPERATOR})
"""They give missions and requests, and write to drivers and providers about them."""

_there = Table(
    messaging_preferences.lookup,
    "subscribed join users using (user_id)",
    organisation="users.organisation_id",
)
_AT = """
not users.closed and exists (
  select from jsonb_array_elements(users.dealerships) held
  where held ->> 'dealership_id' = %(dealership_id)s
    and exists (
      select from jsonb_array_elements_text(held -> 'roles') role where role = any(%(roles)s)
    )
)
"""
_known = Table(messaging_preferences.lookup, "subscribed")
_users = Table(users.lookup, "users")
BY_USER = _known.order("subscribed", "user_id")
USER_BY_ID = _users.order("users", "user_id")


def writers(sales: bool) -> tuple[Role, ...]:
    """The roles that write to customers; sellers have nothing to do with after-sales (FLB-019)."""
    return (AGENT, SELLER) if sales else (AGENT,)


def caller(context: RequestContext) -> Member:
    """The caller, as somebody who takes part."""
    who = context.principal
    return Member(user_id=who.subject, organisation_id=who.organisation_id)


def may_write(context: RequestContext, found: thread.Opened) -> bool:
    """Those who work on the case, those who give the mission and who has it, members; the operator,
    and the provider of a job until it passes to another one (M6)."""
    opened, who = found.thread.opened, context.principal
    mine = opened.organisation_id == who.organisation_id
    match opened.kind:
        case ThreadKind.CUSTOMER:
            return mine and (opened.dealership_id or "") in context.dealerships(
                *writers(opened.sales)
            )
        case ThreadKind.PARTNER:
            other = opened.counterpart_id == who.organisation_id
            part = other or caller(context) in found.thread.members
            return part or (mine and not STAFF.isdisjoint(who.roles))
        case ThreadKind.END_CUSTOMER:
            provides = opened.counterpart_id == who.organisation_id and PROVIDER in who.roles
            lost = isinstance(found, thread.Closed) and found.is_passed_on
            return (mine and OPERATOR in who.roles) or (provides and not lost)
        case ThreadKind.COLLEAGUES:
            return mine and found.thread.member(who.subject) is not None


def may_read(context: RequestContext, found: thread.Opened) -> bool:
    """Managers read what is written to customers (FLB-017); members alone what colleagues write."""
    opened = found.thread.opened
    if opened.kind is not ThreadKind.CUSTOMER or may_write(context, found):
        return may_write(context, found)
    mine = opened.organisation_id == context.principal.organisation_id
    return mine and (opened.dealership_id or "") in context.dealerships(*MANAGERS)


async def to_read(context: RequestContext, thread_id: str) -> thread.Opened:
    """The thread, if the caller sees it. Raises the same 404 for any other."""
    state = (await context.load(THREAD, thread_id)).state
    return require_reader(context, state)


def require_reader(context: RequestContext, state: thread.State) -> thread.Opened:
    if isinstance(state, thread.Unopened | thread.Erased) or not may_read(context, state):
        raise context.refuse(thread.NoSuchThread())
    return state


async def to_write(context: RequestContext, thread_id: str) -> thread.Opened:
    """The thread, if the caller writes in it. Raises the same 404 for any other."""
    found = await to_read(context, thread_id)
    if not may_write(context, found):
        raise context.refuse(thread.NoSuchThread())
    return found


async def require_chat(context: PublicRequest, dealership_id: str | None) -> None:
    """Refuse what the dealership is not licensed for (FLB-124, G-79). Raises a 403 `Problem`."""
    if dealership_id is None:
        return
    found = await context.lookup(dealerships.lookup, dealership_id)
    if found is None:
        raise unknown_reference("dealership_id", "dealership")
    dealerships.require_licence(found, Licence.CHAT)


async def subscribed(context: PublicRequest, found: Thread) -> tuple[str, ...]:
    """Those who may read a thread and want to be told of it by a browser: its members; of one with
    a customer, the users of the dealership who work on the case (N-16)."""
    opened = found.opened
    if opened.kind is ThreadKind.CUSTOMER and opened.dealership_id is not None:
        rows = _there.of(opened.organisation_id).where(
            _AT, dealership_id=opened.dealership_id, roles=list(writers(opened.sales))
        )
    else:
        members = [one.user_id for one in found.members]
        rows = _known.of_every_organisation(user_id=members)
    return tuple(one.user_id for one in await rows.many(context.pool, BY_USER))


async def people_at(
    context: PublicRequest, organisation_id: str, dealership_id: str, *roles: Role, most: int
) -> tuple[Member, ...]:
    """The users of a dealership who have one of the roles there and may sign in."""
    rows = _users.of(organisation_id, active=True).where(
        _AT, dealership_id=dealership_id, roles=list(roles)
    )
    found = await rows.page(context.pool, USER_BY_ID, None, most)
    return tuple(Member(user_id=one.user_id, organisation_id=organisation_id) for one in found)
