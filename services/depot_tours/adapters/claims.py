"""Claims: a parcel's code belongs to one order, and an order to one tour, to whoever is first.

The streams hold both facts themselves; the tables make them unique among streams.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from infra.database import Connection, Pool
from infra.store import InTransaction

TABLES = """
create schema if not exists claims;
create table if not exists claims.parcel (
  organisation_id text not null,
  parcel_code     text not null,
  order_id        text not null,
  primary key (organisation_id, parcel_code)
);
create table if not exists claims.tour (
  order_id text primary key,
  tour_id  text not null
);
create table if not exists claims.undone (
  order_id text primary key,
  times    int not null
);
"""


def claiming_parcels(
    organisation_id: str,
    order_id: str,
    parcel_codes: Sequence[str],
    taken: Callable[[str], Exception],
) -> InTransaction:
    """Takes the codes for the order, in the transaction of its registration.

    Raises what `taken` makes of a code that another order has; it waits for another registration
    with the same code to end.
    """

    async def claim(connection: Connection) -> None:
        # In one order, so that two registrations never wait for each other.
        for code in sorted(parcel_codes):
            cursor = await connection.execute(
                "insert into claims.parcel (organisation_id, parcel_code, order_id)"
                " values (%s, %s, %s) on conflict do nothing",
                (organisation_id, code, order_id),
            )
            if cursor.rowcount == 0:
                raise taken(code)

    return claim


def claiming_orders(
    tour_id: str, order_ids: Sequence[str], taken: Callable[[str, str], Exception]
) -> InTransaction:
    """Takes the orders for the tour, in the transaction in which it is composed.

    Raises what `taken` makes of an order and the tour that has it; it waits for another tour with
    the same order to be composed.
    """

    async def claim(connection: Connection) -> None:
        for order_id in sorted(order_ids):
            cursor = await connection.execute(
                "insert into claims.tour (order_id, tour_id) values (%s, %s)"
                " on conflict (order_id) do update set tour_id = claims.tour.tour_id"
                " returning tour_id",
                (order_id, tour_id),
            )
            row = await cursor.fetchone()
            assert row is not None
            if row[0] != tour_id:
                raise taken(order_id, row[0])

    return claim


def as_prepared(
    known: Mapping[str, int], claim: InTransaction, unprepared: Callable[[str], Exception]
) -> InTransaction:
    """Claims orders that were seen as they stood when `times_undone` was asked.

    Raises what `unprepared` makes of the first one whose preparation was undone since.
    """

    async def claim_prepared(connection: Connection) -> None:
        await claim(connection)
        now = await _times_undone(connection, known)
        for order_id, times in now.items():
            if times != known[order_id]:
                raise unprepared(order_id)

    return claim_prepared


def undoing_preparation(order_id: str, taken: Callable[[str], Exception]) -> InTransaction:
    """Notes that the preparation of an order is undone, in the transaction in which it is.

    Raises what `taken` makes of the tour or pickup that has the order. It waits for one that is
    composed with it meanwhile, and lets one that comes after see it.
    """

    async def undo(connection: Connection) -> None:
        cursor = await connection.execute(
            "insert into claims.tour (order_id, tour_id) values (%s, '')"
            " on conflict (order_id) do update set tour_id = claims.tour.tour_id"
            " returning tour_id",
            (order_id,),
        )
        row = await cursor.fetchone()
        assert row is not None
        if row[0]:
            raise taken(row[0])
        await connection.execute("delete from claims.tour where order_id = %s", (order_id,))
        await connection.execute(
            "insert into claims.undone (order_id, times) values (%s, 1)"
            " on conflict (order_id) do update set times = claims.undone.times + 1",
            (order_id,),
        )

    return undo


async def times_undone(pool: Pool, order_ids: Collection[str]) -> Mapping[str, int]:
    """How often the preparation of each order was undone."""
    async with pool.connection() as connection:
        return await _times_undone(connection, order_ids)


async def _times_undone(connection: Connection, order_ids: Collection[str]) -> Mapping[str, int]:
    cursor = await connection.execute(
        "select order_id, times from claims.undone where order_id = any(%s)", (list(order_ids),)
    )
    found: dict[str, int] = dict(await cursor.fetchall())
    return {order_id: found.get(order_id, 0) for order_id in order_ids}


def freeing_orders(tour_id: str, order_ids: Collection[str]) -> InTransaction:
    """Gives orders back of which nothing left with the tour: another tour may take them."""

    async def free(connection: Connection) -> None:
        await connection.execute(
            "delete from claims.tour where tour_id = %s and order_id = any(%s)",
            (tour_id, list(order_ids)),
        )

    return free


async def order_of(pool: Pool, organisation_id: str, parcel_code: str) -> str | None:
    """The id of the order that a code belongs to; None when it is nobody's."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select order_id from claims.parcel where organisation_id = %s and parcel_code = %s",
            (organisation_id, parcel_code),
        )
        row = await cursor.fetchone()
    return str(row[0]) if row else None


async def tour_of(pool: Pool, organisation_id: str, parcel_code: str) -> str | None:
    """The id of the tour that the order of a parcel is on; None when it is on none."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select tour_id from claims.tour join claims.parcel using (order_id)"
            " where organisation_id = %s and parcel_code = %s",
            (organisation_id, parcel_code),
        )
        row = await cursor.fetchone()
    return str(row[0]) if row else None
