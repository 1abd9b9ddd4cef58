"""The two sides of a marketplace, and which rows are whose (G-69)."""

from typing import Annotated, Final, TypeVar

from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from infra.tokens import Role

Row = TypeVar("Row")

OPERATOR: Final[Role] = "marketplace_manager"
OperatorContext = Annotated[RequestContext, requires("marketplace_manager")]
EitherContext = Annotated[RequestContext, requires("marketplace_manager", "provider_manager")]


def of_side(context: RequestContext, table: Table[Row]) -> Rows[Row]:
    """The rows of the caller's marketplace, or of the caller as a provider, at any marketplace.

    Each role is granted in organisations of one kind alone, so nobody is both.
    """
    own = context.principal.organisation_id
    if OPERATOR in context.principal.roles:
        return table.of(own)
    return table.of_every_organisation().where("provider_id = %(own_provider)s", own_provider=own)
