"""The callers who see customers (FLB-018), and of which dealerships."""

from typing import Annotated, Final, TypeVar

from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from infra.tokens import Role

Row = TypeVar("Row")

CRM: Final[tuple[Role, ...]] = ("administrative_agent", "dealership_manager", "group_manager")
CustomersContext = Annotated[RequestContext, requires(*CRM)]


def at_own_dealerships(context: RequestContext, rows: Rows[Row], *roles: Role) -> Rows[Row]:
    """The rows of the dealerships at which one of the roles holds."""
    held = context.dealerships(*roles)
    if held.everywhere:
        return rows
    return rows.where("dealership_id = any(%(held)s)", held=sorted(held.ids))
