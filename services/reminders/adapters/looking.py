"""Things that are looked at once something was told of them, and once more a while later.

A follower notes them; a loop looks at each. The tables of the service are filled beside it, hence
the second look.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from infra.consumers.handler import Handler
from infra.consumers.records import Delivery
from infra.database import Connection, Pool
from infra.host import Running
from infra.polling import Polling

AGAIN = timedelta(minutes=1)
LOOKS = 2
"""How often a thing is looked at after something was told of it."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A table of the ids of things to look at, and the name of its key."""

    table: str
    column: str

    @property
    def definition(self) -> str:
        """The step that makes it."""
        return f"""
create schema if not exists reminders;
create table if not exists {self.table} (
  {self.column} text primary key,
  looks       int not null default 0,
  look_at     timestamptz not null default clock_timestamp()
);
create index if not exists {self.table.partition(".")[2]}_next on {self.table} (look_at);
"""

    async def note(self, connection: Connection, id: str) -> None:
        """Look at it soon, in the transaction of the caller."""
        query = f"""
insert into {self.table} ({self.column}) values (%s)
on conflict ({self.column}) do update set looks = 0, look_at = clock_timestamp()
"""
        await connection.execute(query.encode(), (id,))

    async def next(self, pool: Pool) -> str | None:
        """One that is due, which is due again a while later; None where none is."""
        query = f"""
update {self.table} set looks = looks + 1, look_at = clock_timestamp() + %s
 where {self.column} = (
   select {self.column} from {self.table} where look_at <= clock_timestamp()
    order by look_at limit 1 for update skip locked)
returning {self.column}
"""
        async with pool.connection() as connection:
            cursor = await connection.execute(query.encode(), (AGAIN,))
            found = await cursor.fetchone()
        return None if found is None else str(found[0])

    async def looked_at(self, pool: Pool, id: str) -> None:
        """Forget it, once it was looked at often enough."""
        query = f"delete from {self.table} where {self.column} = %s and looks >= %s"
        async with pool.connection() as connection:
            await connection.execute(query.encode(), (id, LOOKS))


class Notes(Handler):
    """Notes the things that events tell something of."""

    def __init__(self, noted: Noted, id_of: Callable[[Any], str | None]) -> None:
        """`id_of` answers None for an event after which there is nothing to look at."""
        self._noted, self._id_of = noted, id_of

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for delivery in deliveries:
            if (id := self._id_of(delivery.event)) is not None:
                await self._noted.note(connection, id)
        return {}


class Looking(Polling):
    """Works off the things that were noted. Several may run, and each step may be repeated."""

    rest_seconds = 0.5
    idle_seconds = 5.0
    noted: ClassVar[Noted]

    def __init__(self, running: Running) -> None:
        super().__init__(running.seen)
        self._pool, self._commands = running.pool, running.commands

    async def turn(self) -> bool:
        return await self.look_at_one()

    async def look_at_one(self) -> bool:
        """Look at one thing, and say whether there was one."""
        id = await self.noted.next(self._pool)
        if id is None:
            return False
        await self.look_at(id)
        await self.noted.looked_at(self._pool, id)
        return True

    @abstractmethod
    async def look_at(self, id: str) -> None:
        """Do what follows from what is known of the thing now."""
