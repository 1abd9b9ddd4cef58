"""The callers whom routes admit, and the dealership that they ask about (FLB-021, FLB-022)."""

from typing import Annotated

from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
from contracts.dealerships.device_v1 import Application
from infra.http.request_context import RequestContext, requires
from infra.lookups import dealerships
from infra.lookups.devices import DEVICE
from infra.tokens import Role
from services.audits.audit import NotAnAuditDevice
from services.audits.lookups import dealerships_device

MANAGERS: tuple[Role, ...] = ("audit_manager", "dealership_manager", "group_manager")
AUDITORS: tuple[Role, ...] = (DEVICE, "audit_manager")
"""Who audits without a password does so on a device."""
READERS: tuple[Role, ...] = (*MANAGERS, DEVICE, "administrative_agent")

ManagerContext = Annotated[RequestContext, requires(*MANAGERS)]
AuditorContext = Annotated[RequestContext, requires(*AUDITORS)]
ReaderContext = Annotated[RequestContext, requires(*READERS)]
ODITOO = Application.ODITOO.name.lower()


async def licensed(context: RequestContext, dealership_id: str, *roles: Role) -> Dealership:
    """The dealership, if the caller has one of the roles at it and it has the Oditoo licence.

    Raises a 404 `Problem`, or 403 without the licence and for a device of another application.
    """
    found = await dealerships.licensed(context, dealership_id, Licence.ODITOO, *roles)
    await refuse_other_applications(context)
    return found


async def refuse_other_applications(context: RequestContext) -> None:
    """Refuse a device that was not added for audits. Raises a 403 `Problem`."""
    if DEVICE not in context.principal.roles:
        return
    device = await context.lookup(dealerships_device.lookup, context.principal.subject)
    if device is None or device.application != ODITOO:
        raise context.refuse(NotAnAuditDevice())
