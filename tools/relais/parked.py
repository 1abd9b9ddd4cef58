"""Streams that wait for a person: what they are, trying them again, giving a record up."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row
from rich.console import Console

from infra.database import Pool
from infra.settings import Settings
from tools.relais import connections
from tools.relais.answers import FOUND, OK, USAGE, Answer, Trouble, audit, rows

LOOK_SECONDS = 0.25
COLUMNS = ("consumer", "stream", "first", "records", "attempts", "parked_at", "request", "reason")
_LIST = """
select consumer, stream, min(version) as first, count(*) as records, max(attempts) as attempts,
       min(parked_at) as parked_at, min(request) as request,
       (array_agg(reason order by version) filter (where reason is not null))[1] as reason
  from consumer.parked
 where (%(stream)s::text is null or stream = %(stream)s)
   and (%(consumer)s::text is null or consumer = %(consumer)s)
 group by consumer, stream order by min(parked_at)
"""


async def listed(service: str | None) -> Answer:
    """Every parked stream with the reason of its first record."""
    settings = connections.settings()
    found: list[dict[str, Any]] = []
    for name in connections.named(service):
        async with connections.database(settings, name) as pool:
            found += [{"service": name, **row} for row in await _streams(pool, None, None)]
    return rows(found, COLUMNS, "nothing is parked")


async def _streams(pool: Pool, stream: str | None, consumer: str | None) -> list[dict[str, Any]]:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(_LIST, {"stream": stream, "consumer": consumer})
        return await cursor.fetchall()


async def shown(stream: str, consumer: str | None) -> Answer:
    """The parked records of a stream, oldest first."""
    settings = connections.settings()
    found: list[dict[str, Any]] = []
    for name in connections.named(None):
        async with (
            connections.database(settings, name) as pool,
            pool.connection() as connection,
        ):
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(
                'select consumer, version, topic, partition, "offset", reason, attempts,'
                " parked_at, request, headers, octet_length(value) as bytes from consumer.parked"
                " where stream = %(stream)s and (%(consumer)s::text is null or"
                " consumer = %(consumer)s) order by consumer, version",
                {"stream": stream, "consumer": consumer},
            )
            found += [_record(row) for row in await cursor.fetchall()]
    if not found:
        raise Trouble(f"{stream} is not parked")
    return rows(found, ("consumer", "version", "type", "offset", "attempts", "reason"), "")


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    headers = dict(row["headers"])
    return {**row, "headers": headers, "type": headers.get("ce_type")}


# --- Asking the consumers ---------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A parked stream that its consumer was asked about."""

    pool: Pool
    service: str
    consumer: str
    stream: str
    first: int
    attempts: int


async def requeued(stream: str | None, consumer: str | None, within: float) -> Answer:
    """Have the parked records handled again, in order; all of them when no stream is named.

    The running worker does it; waits for its answer. Exit code 1 when something stays parked.
    """
    return await _ask("requeue", stream, consumer, within, "", everywhere=True)


async def discarded(
    stream: str, consumer: str | None, reason: str, within: float, *, everywhere: bool = False
) -> Answer:
    """Give up the first parked record for good; those behind it stay until they are requeued.

    Where several consumers parked the stream, one is named, or it is `everywhere`: each of them
    gives up the first record that it parked. Raises `Trouble`.
    """
    if not reason.strip():
        raise Trouble("--reason says why the record is given up")
    if everywhere and consumer is not None:
        raise Trouble("--consumer names one, --all-consumers means all: say one of them", USAGE)
    return await _ask("discard", stream, consumer, within, reason, everywhere=everywhere)


async def _ask(
    request: str,
    stream: str | None,
    consumer: str | None,
    within: float,
    reason: str,
    *,
    everywhere: bool,
) -> Answer:
    settings = connections.settings()
    async with AsyncExitStack() as stack:
        asked: list[_Asked] = []
        for name in connections.named(None):
            pool = await stack.enter_async_context(connections.database(settings, name))
            found = await _streams(pool, stream, consumer)
            asked += [
                _Asked(pool, name, f["consumer"], f["stream"], f["first"], f["attempts"])
                for f in found
            ]
        if stream is not None and not asked:
            raise Trouble(f"{stream} is not parked")
        if len(asked) > 1 and not everywhere:
            names = ", ".join(one.consumer for one in asked)
            raise Trouble(
                f"several consumers parked {stream}: name one with --consumer, or say"
                f" --all-consumers: {names}"
            )
        for one_asked in asked:
            await _request(settings, one_asked, request, reason)
        answers = [await _answered(one_asked, within) for one_asked in asked]
    return _summary(request, answers)


async def _request(settings: Settings, asked: _Asked, request: str, reason: str) -> None:
    async with asked.pool.connection() as connection:
        await connection.execute(
            "update consumer.parked set request = %s"
            " where consumer = %s and stream = %s and version = %s",
            (request, asked.consumer, asked.stream, asked.first),
        )
    audit(
        settings.home,
        f"parked {request}",
        consumer=asked.consumer,
        stream=asked.stream,
        version=asked.first,
        reason=reason,
    )


async def _answered(asked: _Asked, within: float) -> dict[str, Any]:
    """Wait until the worker has dealt with the request."""
    answer: dict[str, Any] = {
        "service": asked.service,
        "consumer": asked.consumer,
        "stream": asked.stream,
        "version": asked.first,
    }
    deadline = asyncio.get_running_loop().time() + within
    while True:
        found = await _streams(asked.pool, asked.stream, asked.consumer)
        if not found:
            return answer | {"outcome": "done", "left": 0, "reason": None}
        [now] = found
        if now["request"] is None:
            outcome = "parked again" if now["first"] == asked.first else "done up to the next"
            return answer | {"outcome": outcome, "left": now["records"], "reason": now["reason"]}
        if asyncio.get_running_loop().time() > deadline:
            waiting = f"no answer within {within:g} s: does `relais work {asked.service}` run?"
            return answer | {"outcome": "asked", "left": now["records"], "reason": waiting}
        await asyncio.sleep(LOOK_SECONDS)


def _summary(request: str, answers: list[dict[str, Any]]) -> Answer:
    left = any(answer["left"] for answer in answers)
    unfinished = any(answer["outcome"] in ("asked", "parked again") for answer in answers)
    code = FOUND if (left if request == "requeue" else unfinished) else OK
    columns = ("consumer", "stream", "version", "outcome", "left", "reason")
    table = rows(answers, columns, "nothing is parked")

    def text(console: Console) -> None:
        table.text(console)
        if request == "discard" and left:
            console.print("what waited behind it stays: `relais parked requeue` goes on with it")

    return Answer(answers, text, code)
