"""Asks a driver's own streams what new work needs, before a command is decided."""

from infra.http.request_context import RequestContext
from services.missions import clearance, driver, trip
from services.missions.aggregates import CLEARANCE, DRIVER
from services.missions.terms import Qualification


async def qualifications_on_first_day(
    context: RequestContext, driver_id: str, offered: trip.Trip
) -> frozenset[Qualification]:
    """The qualifications of a driver on the first day of a trip that asks for any (HIF-17)."""
    if isinstance(offered, trip.Unpublished):
        return frozenset()
    if not offered.offer.client_process and not offered.offer.additional_services:
        return frozenset()
    loaded = await context.load(DRIVER, driver_id)
    return driver.held(loaded.state, offered.offer.from_slot.date)


async def qualifications_of_eligible_driver(
    context: RequestContext, driver_id: str, offered: trip.Trip
) -> frozenset[Qualification]:
    """As above, of a driver who may be given a trip at all; raises the problem of any other."""
    state = (await context.load(DRIVER, driver_id)).state
    if unfit := driver.unfit(state, context.principal.organisation_id):
        raise context.refuse(unfit)
    if isinstance(offered, trip.Unpublished):
        return driver.held(state, context.today)
    return driver.held(state, offered.offer.from_slot.date)


async def lacking_papers(context: RequestContext, driver_id: str) -> tuple[str, ...]:
    """The papers without which a driver gets no new work today."""
    loaded = await context.load(CLEARANCE, driver_id)
    return clearance.lacking(loaded.state, context.principal.organisation_id, context.today)
