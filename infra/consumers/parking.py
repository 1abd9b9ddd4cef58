"""Parked streams in the database: their records, and what operators ask for them."""

import json
import logging
from collections.abc import Iterable, Sequence

from infra.consumers.plan import Parked
from infra.consumers.records import Record
from infra.database import Connection
from infra.supervisor import Halt

log = logging.getLogger("relais.consumer")

PARKING_LIMIT = 100
"""More parked streams than this stop the consumer: then the release is bad, not the records.

Those of the organisation that has most do not count: a release is bad for several, and what one
writes must not stop the others.
"""
_COUNTING = """
select sum(streams) - coalesce(max(streams) filter (where organisation <> ''), 0) from (
  select organisation, count(distinct stream) as streams
    from consumer.parked where consumer = %s group by organisation) of_each
"""


class Parking:
    """The parked streams of a consumer."""

    def __init__(self, consumer: str, limit: int) -> None:
        self.may_hold_streams = True
        """Whether streams may be parked, so that an operator may ask for something."""
        self._consumer = consumer
        self._limit = limit

    async def write(self, connection: Connection, parked: Sequence[Parked]) -> None:
        """Park these records. Raises `Halt` when too many streams would be parked."""
        self.may_hold_streams = True
        cursor = connection.cursor()
        await cursor.executemany(
            'insert into consumer.parked (consumer, stream, version, topic, partition, "offset",'
            " key, value, headers, reason, attempts, organisation)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s::text::json, %s::text, %s, %s)"
            " on conflict (consumer, stream, version) do update set"
            "   reason = coalesce(excluded.reason, consumer.parked.reason),"
            "   attempts = consumer.parked.attempts + excluded.attempts,"
            "   request = case when excluded.reason is null then consumer.parked.request end",
            [self._row(one) for one in parked],
        )
        # What only waits behind another adds no stream.
        if any(one.reason is not None for one in parked):
            await self._halt_beyond_the_limit(connection)
        for one in parked:
            if one.reason is not None:
                where = (self._consumer, one.stream, one.version)
                log.error("%s parked %s at version %s: %s", *where, one.reason)

    async def _halt_beyond_the_limit(self, connection: Connection) -> None:
        cursor = await connection.execute(_COUNTING, (self._consumer,))
        row = await cursor.fetchone()
        assert row is not None
        if row[0] > self._limit:
            raise Halt(
                f"{self._consumer} would park {row[0]} streams, more than {self._limit}, those of"
                " the organisation that has most not counted."
                " Mend the cause, then `relais parked requeue` and start it again."
            )

    def _row(self, parked: Parked) -> tuple[object, ...]:
        record = parked.record
        return (
            *(self._consumer, parked.stream, parked.version),
            *(record.topic, record.partition, record.offset, record.key, record.value),
            json.dumps([[name, value.decode("latin-1")] for name, value in record.headers]),
            *(parked.reason, int(parked.reason is not None), _organisation(record)),
        )

    async def records(self, connection: Connection, stream: str) -> list[tuple[int, Record]]:
        """The parked records of a stream by version, oldest first."""
        cursor = await connection.execute(
            'select version, topic, partition, "offset", key, value, headers'
            " from consumer.parked where consumer = %s and stream = %s order by version",
            (self._consumer, stream),
        )
        return [
            (row[0], Record(row[1], row[2], row[3], row[4], row[5], _headers(row[6])))
            for row in await cursor.fetchall()
        ]

    async def remove(self, connection: Connection, stream: str, version: int) -> None:
        """Take one record out."""
        await connection.execute(
            "delete from consumer.parked where consumer = %s and stream = %s and version = %s",
            (self._consumer, stream, version),
        )

    # --- Requests -------------------------------------------------------------------------------

    async def requests(self, connection: Connection) -> list[tuple[str, str]]:
        """Requests by stream, `requeue` or `discard`; notes whether anything is parked."""
        cursor = await connection.execute(
            "select stream, min(request) from consumer.parked where consumer = %s group by 1",
            (self._consumer,),
        )
        parked = await cursor.fetchall()
        self.may_hold_streams = bool(parked)
        return [(stream, request) for stream, request in parked if request is not None]

    async def requeue(self, connection: Connection, streams: Iterable[str]) -> None:
        """Ask for these streams to be tried again."""
        await connection.execute(
            "update consumer.parked set request = 'requeue'"
            " where consumer = %s and stream = any(%s)",
            (self._consumer, list(streams)),
        )

    async def answer(self, connection: Connection, stream: str) -> None:
        """Take back what was asked for a stream: it is done, or failed again."""
        await connection.execute(
            "update consumer.parked set request = null where consumer = %s and stream = %s",
            (self._consumer, stream),
        )


def _organisation(record: Record) -> str:
    """The organisation a record says it is of; empty when it says none that a table can hold."""
    named = dict(record.headers).get("ce_organisation", b"").decode(errors="replace")
    return "" if "\0" in named else named


def _headers(kept: Sequence[tuple[str, str]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value.encode("latin-1")) for name, value in kept)
