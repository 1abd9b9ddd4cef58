"""The callers who see customers (FLB-018) and cases, and of which dealerships."""

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


OF_CASES: Final[tuple[Role, ...]] = (
    "administrative_agent",
    "device",
    "dealership_manager",
    "group_manager",
)
"""They see the cases of both modes; sellers see those of sales (FLB-019)."""
SELLER: Final[Role] = "sales_representative"
CasesContext = Annotated[RequestContext, requires(*OF_CASES, SELLER)]


def of_cases(context: RequestContext, rows: Rows[Row]) -> Rows[Row]:
    """The cases that the caller may see: of the dealerships where they work with cases, for sellers
    those of sales; stock cases of the whole group (G-89)."""
    every, sales = context.dealerships(*OF_CASES), context.dealerships(SELLER)
    if every.everywhere:
        return rows
    if not every.ids and not sales.ids:
        return rows.where("false")
    return rows.where(
        "dealership_id = any(%(held)s) or module = 'used_vehicle_stock'"
        " or mode = 'sales' and dealership_id = any(%(selling)s)",
        held=sorted(every.ids),
        selling=sorted(sales.ids),
    )
