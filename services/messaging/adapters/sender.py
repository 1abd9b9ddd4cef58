"""Plans, sends and follows up messages: the one loop that reaches outside.

A message is sent because its stream says that it is due and no receipt says that it was taken. So
topics read again and views built again send nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from time import monotonic
from uuid import uuid4

from psycopg import OperationalError

from contracts.messaging import preferences_v1
from contracts.messaging.message_v1 import Channel, Reason
from infra.commands import CommandContext, Done
from infra.host import Running
from infra.personal import SubjectIsForgotten
from infra.supervisor import Progress
from services.messaging import message as messages
from services.messaging.adapters import rendering
from services.messaging.adapters.outbound import (
    Accepted,
    NeverThere,
    NotNow,
    OutboundMessage,
    RenderedMessage,
    Transport,
    receipts,
)
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.message import routing
from services.messaging.preferences import Recipient, Unknown
from services.messaging.read_models import outbox

log = logging.getLogger("relais.messaging")

PAGE = 200
AT_ONCE = 2
"""Parcels on their way at the same time. Each holds a connection and needs another now and then, as
each reaction does; together they must leave some of the pool."""
ASIDE_SECONDS = 60.0
PAUSE_SECONDS = 0.25
RECEIPT_WITHIN = timedelta(minutes=10)
"""Then the next channel is taken."""
Opening = Callable[[], AbstractAsyncContextManager[Mapping[Channel, Transport]]]
"""Opens the channels there are, for as long as the sender runs."""
NAMES: Mapping[str, Channel] = {channel.name.lower(): channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Ready:
    """A message of a parcel, as its stream has it, with who gets it."""

    message_id: str
    state: messages.Scheduled
    person: Recipient


class Sender:
    """Works off the outbox; any number may run, each parcel is with one of them at a time."""

    def __init__(self, running: Running, opening: Opening) -> None:
        self.progress = Progress()
        self._commands = running.commands
        self._pool = running.pool
        self._portal = running.settings.portal
        self._opening = opening
        self.transports: Mapping[Channel, Transport] = {}
        self._stopping = asyncio.Event()
        self._aside: dict[str, float] = {}

    def stop(self) -> None:
        """Finish the parcels at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Plan and send what there is, until stopped."""
        async with self._opening() as self.transports:
            while not self._stopping.is_set():
                await self.round()
                self.progress.tick()
                try:
                    await asyncio.wait_for(self._stopping.wait(), PAUSE_SECONDS)
                except TimeoutError:
                    continue

    async def round(self) -> None:
        """One page of each: outcomes told, messages planned, parcels sent.

        Without any transport messages wait as they are.
        """
        if not self.transports:
            return
        for receipt in await receipts.untold(self._pool, PAGE):
            await self._carefully(receipt.key, partial(self._tell, receipt))
        for line in await outbox.needing(self._pool, outbox.PLAN, PAGE):
            await self._carefully(line.message_id, partial(self._plan, line.message_id))
        due = sorted(await outbox.needing(self._pool, outbox.SEND, PAGE), key=_parcel_of)
        gate = asyncio.Semaphore(AT_ONCE)

        async def guarded(parcel: tuple[str, str], ids: list[str]) -> None:
            async with gate:
                await self._carefully(".".join(parcel), partial(self._send, *parcel, ids))

        async with asyncio.TaskGroup() as group:
            for parcel, lines in groupby(due, key=_parcel_of):
                group.create_task(guarded(parcel, [line.message_id for line in lines]))

    async def _carefully(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Nobody waits for one that cannot be handled: it is left alone for a minute."""
        if self._aside.get(name, 0.0) > monotonic():
            return
        try:
            await work()
            self._aside.pop(name, None)
        except OperationalError:
            # The database is away, for all of them.
            raise
        except Exception:
            log.exception("%s is left alone for %s seconds", name, ASIDE_SECONDS)
            self._aside[name] = monotonic() + ASIDE_SECONDS

    # --- Planning -------------------------------------------------------------------------------

    async def _plan(self, message_id: str) -> None:
        found = (await self._commands.load(MESSAGE, message_id)).state
        if not isinstance(found, messages.Waiting) or not found.ready:
            return
        now = datetime.now(UTC)
        person = (await self._commands.load(PREFERENCES, found.queued.user_id)).state
        plan: routing.Plan | Reason = Reason.NO_ADDRESS
        if not isinstance(person, Unknown):
            available = frozenset(map(preferences_v1.Channel, self.transports))
            plan = routing.plan(found.queued, person, available, found.tried, now)
        elif now < found.queued.expires_at:
            # The account may yet come, on a topic of its own.
            unknown = "the recipient is not known yet"
            command = messages.NoteNotNow(
                message_id=message_id, channel=None, detail=unknown, at=now
            )
            await self._do(message_id, command)
            return
        if isinstance(plan, Reason) or not isinstance(person, Recipient):
            reason = plan if isinstance(plan, Reason) else Reason.FORGOTTEN
            reason = messages.reason_to_stop(found, reason)
            await self._give_up(message_id, reason, now)
            return
        await self._do(
            message_id,
            messages.Schedule(
                message_id=message_id,
                organisation_id=person.contact.organisation_id,
                language=rendering.language_of(person.contact.language),
                template_version=rendering.LIBRARY.latest(found.queued.template),
                plan=plan,
                at=now,
            ),
        )

    # --- Sending --------------------------------------------------------------------------------

    async def _send(self, parcel_id: str, channel: str, ids: Sequence[str]) -> None:
        async with receipts.alone(self._pool, f"{parcel_id}.{channel}") as alone:
            if not alone:
                return
            ready = [one for id in ids if (one := await self._ready(id, parcel_id, channel))]
            if not ready:
                return
            if (receipt := await receipts.find(self._pool, f"{parcel_id}.{channel}")) is None:
                await self._hand_over(f"{parcel_id}.{channel}", NAMES[channel], ready)
                return
            for one in ready:
                await self._follow_up(receipt, one, channel)

    async def _follow_up(self, receipt: receipts.Receipt, one: Ready, channel: str) -> None:
        """The provider has the parcel; a message that was not yet in it makes one by itself."""
        if one.message_id in receipt.messages:
            await self._note_sent(receipt, [one])
            return
        key = f"{one.message_id}.{channel}"
        if (own := await receipts.find(self._pool, key)) is not None:
            await self._note_sent(own, [one])
        else:
            await self._hand_over(key, NAMES[channel], [one])

    async def _ready(self, message_id: str, parcel_id: str, channel: str) -> Ready | None:
        """The message, if its stream still wants it sent so; what cannot be sent is given up."""
        state = (await self._commands.load(MESSAGE, message_id)).state
        if not isinstance(state, messages.Scheduled) or not state.ready:
            return None
        if (state.plan.parcel_id, state.plan.channel) != (parcel_id, NAMES[channel]):
            return None
        now = datetime.now(UTC)
        person = (await self._commands.load(PREFERENCES, state.queued.user_id)).state
        if not isinstance(person, Recipient):
            await self._give_up(message_id, Reason.FORGOTTEN, now)
            return None
        if now >= state.queued.expires_at:
            await self._give_up(message_id, Reason.TOO_LATE, now)
            return None
        return Ready(message_id, state, person)

    async def _hand_over(self, key: str, channel: Channel, ready: Sequence[Ready]) -> None:
        written = [(one, text) for one in ready if (text := await self._rendered(one))]
        transport = self.transports.get(channel)
        if not written or transport is None:
            return
        parts = [one for one, _ in written]
        if not (to := _addresses(parts, channel)):
            await self._note_failure(parts, channel, "the address is gone", again=False)
            return
        outbound = OutboundMessage(
            key=key,
            to=to,
            name=parts[0].person.contact.name,
            content=rendering.LIBRARY.together([text for _, text in written]),
        )
        try:
            accepted = await transport.send(outbound)
        except NotNow as error:
            await self._note_failure(parts, channel, str(error), again=True)
        except NeverThere as error:
            await self._note_failure(parts, channel, str(error), again=False)
        else:
            await self._accepted(key, channel, parts, accepted)

    async def _accepted(
        self, key: str, channel: Channel, parts: Sequence[Ready], accepted: Accepted
    ) -> None:
        # What happens between the provider's yes and the end of this statement is not known after
        # a crash: then it goes out again, under the same key.
        receipt = await receipts.keep(
            self._pool,
            key,
            [one.message_id for one in parts],
            channel.name.lower(),
            accepted.reference,
            accepted.delivered,
        )
        await self._note_sent(receipt, parts)

    async def _note_sent(self, receipt: receipts.Receipt, parts: Sequence[Ready]) -> None:
        now = datetime.now(UTC)
        channel = NAMES[receipt.channel]
        transport = self.transports.get(channel)
        expects = transport is not None and transport.gives_receipts
        for one in parts:
            sent = messages.NoteSent(
                message_id=one.message_id,
                channel=channel,
                reference=receipt.reference,
                receipt_by=now + RECEIPT_WITHIN if expects else None,
                at=now,
            )
            await self._do(one.message_id, sent)
            if receipt.delivered:
                delivered = messages.NoteDelivered(
                    message_id=one.message_id, channel=channel, at=now
                )
                await self._do(one.message_id, delivered)

    async def _note_failure(
        self, parts: Sequence[Ready], channel: Channel, detail: str, again: bool
    ) -> None:
        now = datetime.now(UTC)
        detail = detail[: receipts.DETAIL_LENGTH]
        kind = messages.NoteNotNow if again else messages.NoteRefused
        for one in parts:
            command = kind(message_id=one.message_id, channel=channel, detail=detail, at=now)
            await self._do(one.message_id, command)

    async def _rendered(self, one: Ready) -> RenderedMessage | None:
        try:
            return rendering.message(one.state.queued, one.state.plan, one.person, self._portal)
        except (rendering.NoSuchTemplate, rendering.NotFilled):
            log.exception("message %s cannot be written", one.message_id)
            await self._give_up(one.message_id, Reason.TEMPLATE, datetime.now(UTC))
            return None

    # --- Outcomes -------------------------------------------------------------------------------

    async def _tell(self, receipt: receipts.Receipt) -> None:
        assert receipt.outcome_at is not None
        channel, at = NAMES[receipt.channel], receipt.outcome_at
        for id in receipt.messages:
            state = (await self._commands.load(MESSAGE, id)).state
            if isinstance(state, messages.Scheduled) and state.plan.channel is channel:
                # Not even noted as sent; that comes first.
                return
            if receipt.outcome == "delivered":
                delivered = messages.NoteDelivered(message_id=id, channel=channel, at=at)
                await self._do(id, delivered)
            else:
                detail = receipt.detail or ""
                refused = messages.NoteRefused(message_id=id, channel=channel, detail=detail, at=at)
                await self._do(id, refused)
        await receipts.told(self._pool, receipt)

    async def _do(self, message_id: str, command: messages.Command) -> None:
        """Carry out a command; the state of the message makes its repetition harmless."""
        id, about, at = uuid4(), f"message:{message_id}", datetime.now(UTC)
        context = CommandContext(
            id, about, str(id), "worker:messaging.sender", "", at, fingerprint=""
        )
        try:
            answer = await self._commands.handle(MESSAGE, message_id, command, context)
        except SubjectIsForgotten:
            # The key went meanwhile: what was said of them cannot be kept, and nothing is sent.
            await self._give_up(message_id, Reason.FORGOTTEN, context.at)
            return
        assert isinstance(answer, Done), answer

    async def _give_up(self, message_id: str, reason: Reason, at: datetime) -> None:
        command = messages.GiveUp(message_id=message_id, reason=reason, at=at)
        await self._do(message_id, command)


def _parcel_of(line: outbox.Line) -> tuple[str, str]:
    return line.parcel_id or line.message_id, line.channel or ""


def _addresses(parts: Sequence[Ready], channel: Channel) -> tuple[str, ...]:
    """Where a parcel goes: to the former addresses as well when one of its messages says so, or
    to the one address that its message names."""
    person = parts[0].person
    if (elsewhere := parts[0].state.queued.address) is not None:
        return (elsewhere,)
    way = preferences_v1.Channel(channel)
    found = [person.address(way)]
    if any(one.state.queued.former_addresses for one in parts):
        found += [address for former, address in person.former if former is way]
    return tuple(address for address in found if address is not None)
