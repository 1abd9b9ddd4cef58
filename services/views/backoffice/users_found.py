"""Which users are there?"""

from enum import StrEnum
from typing import Annotated, ClassVar

from fastapi import Query

from contracts.accounts.user_v1 import Role
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named, Reference
from infra.http.pages import Filters, Paging, Typed, of_reference
from infra.http.readable_ids import USER
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.users import BY_NAME, AccountStatus, User, users

LATEST_INVITED = users.order("latest-invited", "invited_at", "user_id", descending=True)


class UserOrder(StrEnum):
    """How a list of users is sorted."""

    NAME = "name"
    LATEST_INVITED = "latest_invited"


ORDERS = {UserOrder.NAME: BY_NAME, UserOrder.LATEST_INVITED: LATEST_INVITED}


class UserFilters(Filters):
    """Which users are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "role", "reference", "order"})

    q: Typed = ""
    """Words of a name, an address or a phone number."""
    status: AccountStatus | None = None
    role: Annotated[Role, Named()] | None = None
    reference: Reference | None = None
    """What the organisation calls the user."""
    order: UserOrder = UserOrder.NAME


def found(organisation_id: str, filters: UserFilters) -> Rows[User]:
    """The users who match, without those who are forgotten."""
    known = users.of(organisation_id).where("not forgotten")
    rows = filters.narrow(known).searched(filters.q)
    if filters.role is not None:
        rows = rows.where("%(role)s = any(roles)", role=filters.role.name.lower())
    return of_reference(rows, "user_id", USER, organisation_id, filters.reference)


class UserListed(Answer):
    """A user in a list."""

    user_id: str
    name: str
    email: str
    """Empty where somebody signs in by phone alone."""
    phone: str | None
    language: str
    roles: list[Annotated[Role, Named()]]
    status: AccountStatus
    invited_by: str
    invited_at: Instant
    activated_at: Instant | None
    deactivated_at: Instant | None


router = Router("Accounts")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/users")
async def users_found(
    context: Staff, page: Paging, filters: Annotated[UserFilters, Query()]
) -> Answered[Listed[UserListed]]:
    """Users of the organisation, by name unless another order is asked for."""
    rows = found(context.principal.organisation_id, filters)
    return await page.show(rows, ORDERS[filters.order], UserListed.of)
