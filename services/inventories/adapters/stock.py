"""The parcels of a depot, as its orders, pickups, tours and returns tell of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from infra.database import Pool
from services.inventories.inventory.counting import Place, Places, Whereabouts
from services.inventories.lookups import (
    depot_tours_order,
    depot_tours_pickup,
    depot_tours_returned,
    depot_tours_tour,
)
from services.inventories.lookups.depot_tours_order import Order, orders
from services.inventories.lookups.depot_tours_pickup import Pickup, pickups
from services.inventories.lookups.depot_tours_returned import Return, returns
from services.inventories.lookups.depot_tours_tour import Tour, tours

IN_FLOW = timedelta(days=30)
"""An order that was scanned longer ago and never left is not expected any more (ADR 76)."""
AT_ONCE = 500

ORDERS = """
with out as (
  select unnest(orders_out) from tours
  where organisation_id = %(mine)s and out_at >= %(since)s
)
select order_id from orders
  where organisation_id = %(mine)s and scanned_at >= %(since)s
    and order_id not in (select * from out)
union
select order_id from (
  select unnest(order_ids) as order_id from pickups
  where organisation_id = %(mine)s and verified_at >= %(since)s
) brought where order_id not in (select * from out)
union
select order_id from returns where organisation_id = %(mine)s and kept
union
select order_id from orders
  where organisation_id = %(mine)s and parcel_codes && %(codes)s::text[]
"""


async def places(
    pool: Pool, organisation_id: str, parcel_codes: Collection[str], opened_at: datetime
) -> Places:
    """Where each parcel is that is in the depot, and each of these codes that is known."""
    asked = {
        "mine": organisation_id,
        "since": opened_at - IN_FLOW,
        "codes": sorted(parcel_codes),
    }
    async with pool.connection() as connection:
        cursor = await connection.execute(ORDERS, asked)
        order_ids = [row[0] for row in await cursor.fetchall()]
    found: dict[str, Place] = {}
    for n in range(0, len(order_ids), AT_ONCE):
        found.update(await places_of(pool, organisation_id, order_ids[n : n + AT_ONCE]))
    return found


async def places_of(pool: Pool, organisation_id: str, order_ids: Sequence[str]) -> Places:
    """Where each parcel of these orders is."""
    ids = list(order_ids)
    known = await orders.of(organisation_id, order_id=ids).many(pool, depot_tours_order.BY_ID)
    back = await returns.of(organisation_id, order_id=ids).many(pool, depot_tours_returned.BY_ID)
    out = (
        await tours.of(organisation_id)
        .where("orders_out && %(ids)s::text[]", ids=ids)
        .many(pool, depot_tours_tour.BY_ID)
    )
    came = (
        await pickups.of(organisation_id)
        .where("order_ids && %(ids)s::text[]", ids=ids)
        .many(pool, depot_tours_pickup.BY_ID)
    )
    returned = {one.order_id: one for one in back}
    on_tours, on_pickups = defaultdict[str, list[Tour]](list), defaultdict[str, list[Pickup]](list)
    for tour in out:
        for order_id in tour.orders_out:
            on_tours[order_id].append(tour)
    for pickup in came:
        for order_id in pickup.order_ids:
            on_pickups[order_id].append(pickup)
    return {
        code: place
        for one in known
        for code, place in of_order(
            one, returned.get(one.order_id), on_tours[one.order_id], on_pickups[one.order_id]
        )
    }


def of_order(
    order: Order, back: Return | None, on_tours: Sequence[Tour], on_pickups: Sequence[Pickup]
) -> Iterator[tuple[str, Place]]:
    """Where each parcel of an order is: what was told last holds."""
    last = max(on_tours, key=left_at, default=None)
    if last is not None and (back is None or left_after(last, back)):
        return with_tour(order, last)
    if back is not None:
        return come_back(order, back)
    return in_preparation(order, on_pickups)


def left_at(tour: Tour) -> datetime:
    """When a tour left; raises AssertionError for one that did not, which has no orders out."""
    assert tour.out_at is not None
    return tour.out_at


def left_after(tour: Tour, back: Return) -> bool:
    """Whether the tour left after what is told of the return; that it left with it is one fact."""
    return left_at(tour) >= back.since if back.gone else left_at(tour) > back.since


def with_tour(order: Order, tour: Tour) -> Iterator[tuple[str, Place]]:
    """It left; of a parcel that stayed behind nobody knows whether it was there."""
    for code in order.parcel_codes:
        stayed = code in tour.stayed or code in order.missing
        yield (
            code,
            Place(
                order_id=order.order_id,
                where=Whereabouts.UNSURE if stayed else Whereabouts.AWAY,
                since=left_at(tour),
                custodian_id=tour.courier_id,
            ),
        )


def come_back(order: Order, back: Return) -> Iterator[tuple[str, Place]]:
    """It came back; what is not stored was not checked yet, differed, or goes to its sender."""
    stored = {one.parcel_code: one for one in back.stored}
    for code in order.parcel_codes:
        kept = stored.get(code)
        if kept is None:
            where = Whereabouts.AWAY if back.gone else Whereabouts.UNSURE
            yield (
                code,
                Place(
                    order_id=order.order_id,
                    where=where,
                    since=back.since,
                    custodian_id=back.courier_id,
                ),
            )
        else:
            yield (
                code,
                Place(
                    order_id=order.order_id,
                    where=Whereabouts.HERE,
                    since=kept.at,
                    shelf=kept.shelf,
                    custodian_id=kept.by,
                ),
            )


def in_preparation(order: Order, on_pickups: Sequence[Pickup]) -> Iterator[tuple[str, Place]]:
    """It has not left yet; a parcel is there once somebody scanned it."""
    seen = {one.parcel_code: (one.at, one.by) for one in order.scanned}
    for pickup in on_pickups:
        if pickup.verified_at is not None and pickup.verified_by is not None:
            for code in pickup.brought:
                seen.setdefault(code, (pickup.verified_at, pickup.verified_by))
    for code in order.parcel_codes:
        at, by = seen.get(code, (order.registered_at, None))
        here = code in seen and code not in order.missing
        yield (
            code,
            Place(
                order_id=order.order_id,
                where=Whereabouts.HERE if here else Whereabouts.UNSURE,
                since=at,
                custodian_id=by,
            ),
        )
