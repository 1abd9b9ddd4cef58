"""Messages to people: what waits, what failed, and sending again what failed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.messaging.message_v1 import Reason
from infra.catalogues import ENGLISH
from infra.commands import CommandContext, Refused
from infra.host import Running, opened
from infra.http.problems import refused
from services.messaging import message
from services.messaging.aggregates import MESSAGE
from services.messaging.http.problems import WORDING
from services.messaging.read_models import outbox
from services.messaging.service import service
from tools.relais import connections
from tools.relais.answers import (
    FOUND,
    OK,
    UNREACHABLE,
    USAGE,
    Answer,
    Trouble,
    audit,
    operator,
    rows,
    time_of,
)

COLUMNS = ("message_id", "reason", "topic", "template", "about", "changed_at")
"""The columns of the list of failed messages."""
OUTCOMES = ("message_id", "outcome")


@asynccontextmanager
async def _messaging() -> AsyncIterator[Running]:
    settings = connections.settings()
    if not settings.postgres and "messaging" not in settings.databases:
        raise Trouble(connections.NO_PLATFORM.format(settings.home), UNREACHABLE)
    async with opened(service, settings) as running:
        yield running


async def waiting() -> Answer:
    """The messages that no provider has yet, by what they wait for."""
    async with _messaging() as running:
        found = [asdict(one) for one in await outbox.backlog(running.pool)]
    return rows(found, ("waits_for", "messages", "oldest"), "nothing waits")


async def failed(reason: str | None, since: str | None) -> Answer:
    """Messages that failed, the newest first. Raises `Trouble`."""
    wanted, from_then = _reason(reason), time_of("--since", since)
    async with _messaging() as running:
        found = await outbox.failed(running.pool, wanted, from_then)
    return rows([asdict(one) for one in found], COLUMNS, "nothing failed")


async def again(ids: Sequence[str], reason: str | None, since: str | None) -> Answer:
    """Send messages again: the named ones, or all that failed for a reason or since a time.

    Exit code 1 when one of them cannot be sent again. Raises `Trouble`.
    """
    if bool(ids) == bool(reason or since):
        raise Trouble("name messages, or a --reason or --since of those that failed", USAGE)
    wanted, from_then, by = _reason(reason), time_of("--since", since), operator()
    async with _messaging() as running:
        if not ids:
            found = await outbox.failed(running.pool, wanted, from_then)
            ids = [one.message_id for one in found]
        outcomes = [await requeued(running, id, by) for id in ids]
    audit(running.settings.home, "messages again", messages=list(ids))
    answer = rows(outcomes, OUTCOMES, "nothing failed")
    code = OK if all(one["outcome"] == "queued" for one in outcomes) else FOUND
    return replace(answer, code=code)


async def requeued(running: Running, message_id: str, by: str) -> dict[str, Any]:
    """Send one again; says `queued`, or why it cannot be."""
    id, at = uuid4(), datetime.now(UTC)
    context = CommandContext(
        command_id=id,
        correlation_id=f"message:{message_id}",
        causation_id=str(id),
        actor=by,
        organisation_id="",
        at=at,
        fingerprint="",
    )
    command = message.Requeue(message_id=message_id, by=by, at=at)
    answer = await running.commands.handle(MESSAGE, message_id, command, context)
    if isinstance(answer, Refused):
        assert isinstance(answer.rejection, message.Rejection)
        told = refused(answer.rejection, WORDING).sentence(WORDING, ENGLISH)
        return {"message_id": message_id, "outcome": told}
    return {"message_id": message_id, "outcome": "queued"}


def _reason(name: str | None) -> str | None:
    names = [one.name.lower() for one in Reason if one.value]
    if name is not None and name not in names:
        raise Trouble(f"{name} is none of {', '.join(names)}", USAGE)
    return name
