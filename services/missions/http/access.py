"""The callers whom routes admit, and whose things they see."""

from typing import Annotated

from infra.http.request_context import RequestContext, requires
from services.missions.driver import NoSuchDriver

AnyContext = Annotated[RequestContext, requires("driver", "logistics", "administration")]
DriverContext = Annotated[RequestContext, requires("driver")]
LogisticsContext = Annotated[RequestContext, requires("logistics")]
StaffContext = Annotated[RequestContext, requires("logistics", "administration")]


def is_staff(context: RequestContext) -> bool:
    return not context.principal.roles.isdisjoint({"logistics", "administration"})


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if not is_staff(context) and context.principal.subject != driver_id:
        raise context.refuse(NoSuchDriver())
