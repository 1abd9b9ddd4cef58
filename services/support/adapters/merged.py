"""Links: the request in which another one goes on, so that none goes on in itself by a detour.

The streams hold each link themselves; the table lets two merges of one requester's requests see
each other.
"""

from collections.abc import Callable

from infra.database import Connection, Pool
from infra.store import InTransaction

TABLES = """
create schema if not exists links;
create table if not exists links.requester (
  organisation_id text not null,
  user_id         text not null,
  primary key (organisation_id, user_id)
);
create table if not exists links.merged (
  request_id text primary key,
  into_id    text not null
);
create index if not exists merged_into on links.merged (into_id, request_id);
"""


def linking(
    requester: tuple[str, str], request_id: str, into: str, taken: Callable[[str], Exception]
) -> InTransaction:
    """Links the request to the other one, in the transaction of the merge.

    Raises what `taken` makes of the request in which the other one goes on by now; merges of the
    same requester wait for each other.
    """

    async def link(connection: Connection) -> None:
        await connection.execute(
            "insert into links.requester (organisation_id, user_id) values (%s, %s)"
            " on conflict (organisation_id, user_id) do update set user_id = excluded.user_id",
            requester,
        )
        cursor = await connection.execute(
            "select into_id from links.merged where request_id = %s", (into,)
        )
        if (row := await cursor.fetchone()) is not None:
            raise taken(row[0])
        await connection.execute(
            "insert into links.merged (request_id, into_id) values (%s, %s)"
            " on conflict (request_id) do update set into_id = excluded.into_id",
            (request_id, into),
        )

    return link


def parting(request_id: str) -> InTransaction:
    """Removes the link of the request, in the transaction in which it is parted."""

    async def part(connection: Connection) -> None:
        await connection.execute("delete from links.merged where request_id = %s", (request_id,))

    return part


async def merged_into(pool: Pool, request_id: str) -> tuple[str, ...]:
    """The requests that go on in this one, by their ids."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select request_id from links.merged where into_id = %s order by request_id",
            (request_id,),
        )
        return tuple([row[0] async for row in cursor])
