"""The handover of a tour over HTTP: scanned by the depot, confirmed by both with a code."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.depot_tours.tour_v1 import LeftBehind, OrderOnTour
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.labels import Scanned
from infra.http.models import Body, Id
from infra.http.request_context import RequestContext
from infra.vault import Vault
from services.depot_tours import returned
from services.depot_tours.adapters import claims, codes
from services.depot_tours.aggregates import ORDER, RETURNED, TOUR
from services.depot_tours.http.access import CourierContext, DepotContext, worker_of
from services.depot_tours.http.fields import WhyLeft
from services.depot_tours.http.orders import MOST_PARCELS
from services.depot_tours.http.tours import MOST_ORDERS, as_prepared, claiming, seen
from services.depot_tours.order import Registered
from services.depot_tours.order.preparation import Prepared
from services.depot_tours.tour import OrderIsNotPrepared
from services.depot_tours.tour.deliveries import UndoExit
from services.depot_tours.tour.departure import (
    BeginHandover,
    CheckOut,
    CodeIsWrong,
    HandingOver,
    LoadParcel,
    RefuseCode,
    leaving,
)


class LoadBody(Body):
    scanned: Scanned


class HandoverBody(Body):
    """The parcels that the courier takes at the depot."""

    loaded: Annotated[
        tuple[Scanned, ...], Field(max_length=MOST_ORDERS * MOST_PARCELS, strict=False)
    ]
    """Those scanned on their way out, as they were seen; 412 when there are others now."""


class LeftBody(Body):
    """A parcel that does not leave, and why."""

    parcel: Scanned
    reason: WhyLeft


class ExitBody(Body):
    """The exit of a tour, confirmed with the code that its courier was shown."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    left_behind: Annotated[
        tuple[LeftBody, ...], Field(max_length=MOST_ORDERS * MOST_PARCELS, strict=False)
    ] = ()
    """The parcels that were not scanned, each with its reason."""


class Handover(Answer):
    """The code that the courier shows the depot."""

    handover_id: str
    code: Annotated[str, Field(examples=["204817"])]


def router(vault: Vault) -> Router:
    """The routes, over the key that makes the codes."""
    routes = Router("Handovers")

    @routes.post("/tours/{tour_id}/scans")
    async def load_parcel(tour_id: Id, body: LoadBody, context: DepotContext) -> Answered[Recorded]:
        """Scan a parcel of the tour on its way out."""
        organisation_id = context.principal.organisation_id
        found = await claims.tour_of(context.pool, organisation_id, body.scanned)
        command = LoadParcel(
            organisation_id=organisation_id,
            scan_id=context.new_id("S"),
            parcel_code=body.scanned,
            other_tour=None if found == tour_id else found,
            by=context.principal.subject,
            at=context.occurred_at,
        )
        return await context.handle(TOUR, tour_id, command)

    @routes.post("/tours/{tour_id}/handovers")
    async def begin_handover(
        tour_id: Id, body: HandoverBody, context: CourierContext
    ) -> Answered[Handover]:
        """Take one's own tour at the depot: the answer has the code that the depot enters.

        The code is for the parcels that were seen. One that is scanned afterwards ends it.
        """
        handover_id = context.new_id("H")
        command = BeginHandover(
            organisation_id=context.principal.organisation_id,
            courier_id=context.principal.subject,
            handover_id=handover_id,
            loaded=frozenset(body.loaded),
            # The code was not there before: the clock of a phone does not count.
            at=context.at,
        )
        code = await codes.code_of(vault, tour_id, handover_id)
        shown = Handover(handover_id=handover_id, code=code)
        return await context.handle(TOUR, tour_id, command, lambda _: shown)

    @routes.put("/tours/{tour_id}/exit")
    async def check_out(tour_id: Id, body: ExitBody, context: DepotContext) -> Answered[Recorded]:
        """Confirm with the courier's code that the tour has left; what was not scanned stays."""
        state = seen(context, (await context.load(TOUR, tour_id)).state)
        handover_id = state.handover_id if isinstance(state, HandingOver) else ""
        if handover_id and not await codes.is_code_of(vault, tour_id, handover_id, body.code):
            return await refuse_code(context, tour_id, handover_id)
        left = tuple(LeftBehind(one.parcel, one.reason) for one in body.left_behind)
        command = CheckOut(
            organisation_id=context.principal.organisation_id,
            handover_id=handover_id,
            left_behind=left,
            by=context.principal.subject,
            at=context.occurred_at,
        )
        going = leaving(state.composed, left)
        staying = [id for one in state.composed.orders if (id := one.order_id) not in going]
        free = claims.freeing_orders(tour_id, staying)
        return await context.handle(TOUR, tour_id, command, in_transaction=free)

    @routes.delete("/tours/{tour_id}/exit")
    async def undo_exit(tour_id: Id, context: DepotContext) -> Answered[Recorded]:
        """Take the exit of a tour back within fifteen minutes, or later as a manager, while its
        courier has been at no door; it stays in the history.

        The tour is in the depot with all its orders, also those that stayed, and is scanned anew.
        """
        state = seen(context, (await context.load(TOUR, tour_id)).state)
        ids = tuple(one.order_id for one in state.composed.orders)
        undone = await claims.times_undone(context.pool, ids)
        orders = await asyncio.gather(*(context.load(ORDER, one) for one in ids))
        for one in orders:
            if isinstance(one.state, Registered) and not isinstance(one.state.task, Prepared):
                raise context.refuse(OrderIsNotPrepared(one.state.registration.tracking_number))
        command = UndoExit(
            organisation_id=context.principal.organisation_id,
            returning=await returning(context, state.composed.orders),
            by=context.principal.subject,
            manages=worker_of(context).manages,
            # Of when it is undone, no clock of a phone tells.
            at=context.at,
        )
        claim = claiming(context, tour_id, state.composed.orders)
        again = as_prepared(context, undone, claim, state.composed.orders)
        return await context.handle(TOUR, tour_id, command, in_transaction=again)

    return routes


async def returning(context: RequestContext, orders: Sequence[OrderOnTour]) -> str | None:
    """The tracking number of the first order that came back from an earlier tour, if any did."""
    back = await asyncio.gather(*(context.load(RETURNED, one.order_id) for one in orders))
    return next(
        (
            one.tracking_number
            for one, found in zip(orders, back, strict=True)
            if not isinstance(found.state, returned.Unknown)
        ),
        None,
    )


async def refuse_code(
    context: RequestContext, tour_id: str, handover_id: str
) -> Answered[Recorded]:
    """Record the attempt. Raises the refusal, which tells how many are left."""
    command = RefuseCode(
        organisation_id=context.principal.organisation_id,
        handover_id=handover_id,
        attempt_id=context.new_id("A"),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    done = await context.perform(TOUR, tour_id, command)
    left = done.state.tries_left if isinstance(done.state, HandingOver) else 0
    raise context.refuse(CodeIsWrong(left))
