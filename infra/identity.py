"""The name of an installation in the records of its topics.

A consumer that finds another name in a topic reads that of somebody else, and halts: going on would
show strangers' facts, and react to them.
"""

from uuid import UUID

from infra.database import Connection, Pool
from infra.supervisor import Halt

LENGTH = 8
"""Characters of the identity: enough to tell installations apart, and few in each record."""


class ForeignTopic(Halt):
    """A topic has records of another installation."""

    def __init__(self, topic: str, name: str, ours: frozenset[str]) -> None:
        super().__init__(
            f"{topic} has records of installation {name}, and this one is"
            f" {', '.join(sorted(ours))}. They were not taken. Look at RELAIS_KAFKA; a topic of"
            " ours that somebody else wrote to is deleted, and the relay fills it again:"
            " docs/runbook/parts-that-do-not-belong-together.md"
        )


def name_of(identity: UUID) -> str:
    """The name of an installation."""
    return identity.hex[:LENGTH]


async def own_name(service: str, pool: Pool) -> str:
    """The name for the records of a service, from its database; empty while it is of none."""
    async with pool.connection() as connection:
        found = await _of_part(connection, service)
    return name_of(found[0]) if found else ""


async def known_names(keys: Pool) -> frozenset[str]:
    """The name of the installation, and those that parts of it had before they were adopted; none
    while the keys are of none."""
    async with keys.connection() as connection:
        found = await _of_part(connection, "keys")
        if found and await _has(connection, "relais.former"):
            cursor = await connection.execute("select id from relais.former")
            found += [id for (id,) in await cursor.fetchall()]
    return frozenset(map(name_of, found))


async def _of_part(connection: Connection, part: str) -> list[UUID]:
    if not await _has(connection, "relais.installation"):
        return []
    cursor = await connection.execute("select id from relais.installation where part = %s", (part,))
    return [id for (id,) in await cursor.fetchall()]


async def _has(connection: Connection, table: str) -> bool:
    cursor = await connection.execute("select to_regclass(%s) is not null", (table,))
    return await cursor.fetchone() == (True,)
