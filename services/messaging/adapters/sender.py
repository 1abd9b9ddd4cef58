"""Plans, sends and follows up messages: the one loop that reaches outside.

A message is sent because its stream says that it is due and no receipt says that it was taken. So
topics read again and views built again send nothing. An attempt that fails for now is a row, which
says when the next one comes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from time import monotonic
from uuid import uuid4

from contracts.messaging import preferences_v1
from contracts.messaging.message_v1 import Channel, Reason
from contracts.messaging.preferences_v1 import UnsubscriptionReason
from contracts.runtime import REDACTED
from infra import telemetry
from infra.batching import Batcher
from infra.commands import CommandContext, Done, Loaded
from infra.host import Running
from infra.personal import SubjectIsForgotten
from infra.polling import Polling
from infra.store.protocol import is_away
from infra.vault import Vault
from services.messaging import message as messages
from services.messaging import preferences
from services.messaging.adapters import rendering
from services.messaging.adapters.outbound import (
    OURS,
    Accepted,
    Failure,
    NeverThere,
    NotNow,
    OutboundMessage,
    RenderedMessage,
    Transport,
    Why,
    attempts,
    push,
    receipts,
    replies,
)
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.message import retries, routing
from services.messaging.preferences import Recipient, Unknown
from services.messaging.read_models import outbox

log = logging.getLogger("relais.messaging")

PAGE = 200
"""Lines of the outbox that are worked off together: their reads and writes travel together."""
MOST_MOVED = 5 * PAGE
"""Lines that the outbox has not moved on yet, and that are read beside a page."""
ACTOR = "worker:messaging.sender"
ASIDE_SECONDS = 60.0
COUNT_SECONDS = 10.0
"""How old the figures of what waits may be."""
PRUNE_SECONDS = 60.0
PRUNED_AT_ONCE = 1_000
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
    loaded: Loaded[messages.Message]


class Sender(Polling):
    """Works off the outbox; any number may run, each parcel is with one of them at a time."""

    rest_seconds = 0.25
    idle_seconds = 1.0

    def __init__(self, running: Running, opening: Opening) -> None:
        super().__init__(running.seen)
        self._commands = running.commands
        self._pool = running.pool
        self._before: Batcher[tuple[str, str], attempts.Before] = Batcher(
            partial(attempts.before_all, running.pool), size=PAGE
        )
        self._find: Batcher[str, receipts.Receipt | None] = Batcher(
            partial(receipts.find_all, running.pool), size=PAGE
        )
        self._keep: Batcher[receipts.Taken, receipts.Receipt] = Batcher(
            partial(receipts.keep_all, running.pool), size=PAGE, key=attrgetter("key")
        )
        settings = running.settings
        self._portal = settings.portal
        self._vault = Vault(running.pool, settings.masters)
        self._gate = asyncio.Semaphore(settings.send_at_once)
        self._schedule = retries.Schedule(
            timedelta(seconds=settings.send_first_pause),
            timedelta(seconds=settings.send_longest_pause),
            timedelta(days=settings.send_days),
        )
        self._opening = opening
        self.transports: Mapping[Channel, Transport] = {}
        self._aside: dict[str, float] = {}
        self._lines: dict[str, datetime] = {}
        """When the messages of this round had changed last, as the outbox has them."""
        self._moved: dict[str, datetime] = {}
        """The same of messages that have moved on since; the outbox follows."""
        self._moves = 0
        self._taken: list[tuple[receipts.Receipt, Sequence[Ready]]] = []
        """Parcels of this page that have a receipt, and the messages of each that do not know."""
        self._away: dict[Channel, NotNow] = {}
        self._woken: set[Channel] = set()
        self._backlog: Sequence[outbox.Backlog] = ()
        self._counted = 0.0
        self._kept = timedelta(days=settings.send_attempts_kept_days)
        self._pruned = 0.0

    async def run(self) -> None:
        """Plan and send what there is, until stopped."""
        async with AsyncExitStack() as stack:
            self.transports = await stack.enter_async_context(self._opening())
            stack.callback(telemetry.MESSAGES_WAITING.watch(self._waiting))
            stack.callback(telemetry.MESSAGES_OLDEST.watch(self._oldest))
            await super().run()

    async def turn(self) -> bool:
        goes_on = await self.round()
        await self._count()
        await self._prune()
        return goes_on

    async def round(self) -> bool:
        """One page of each: outcomes told, messages planned, parcels sent; answers whether there is
        more that can be done at once.

        Without any transport messages wait as they are.
        """
        if not self.transports:
            return False
        self._away.clear()
        self._woken.clear()
        self._taken.clear()
        self._moves = 0
        for receipt in await receipts.untold(self._pool, PAGE):
            await self._carefully(receipt.key, partial(self._tell, receipt))
        self._lines.clear()
        # Lines that have moved on are the oldest until the outbox has followed.
        most = PAGE + min(len(self._moved), MOST_MOVED)
        planned = self._fresh(await outbox.to_plan(self._pool, most))
        await self._all((line.message_id, partial(self._plan, line.message_id)) for line in planned)
        due = self._fresh(await outbox.to_send(self._pool, most))
        if due:
            await self._send_all(due)
        self._moved = {id: at for id, at in self._moved.items() if id in self._lines}
        return self._moves > 0 and PAGE in (len(planned), len(due))

    def _fresh(self, lines: Sequence[outbox.Line]) -> list[outbox.Line]:
        """A page of the lines of messages that have not moved on since."""
        self._lines |= {line.message_id: line.changed_at for line in lines}
        fresh = [one for one in lines if self._moved.get(one.message_id) != one.changed_at]
        return fresh[:PAGE]

    async def _send_all(self, lines: Sequence[outbox.Line]) -> None:
        parcels: dict[tuple[str, str], list[str]] = {}
        for line in lines:
            parcels.setdefault(_parcel_of(line), []).append(line.message_id)
        async with AsyncExitStack() as stack:
            for transport in self.transports.values():
                await stack.enter_async_context(transport.following())
            locks = await stack.enter_async_context(self._pool.connection())
            keys = list(map(".".join, parcels))
            free = await stack.enter_async_context(receipts.alone(locks, keys))
            await self._all(
                (key, partial(self._send, *parcel, ids))
                for key, (parcel, ids) in zip(keys, parcels.items(), strict=True)
                if key in free
            )
            # Noted together: each append is a commit, a record that is read and a change of lists.
            await self._all(
                (receipt.key, partial(self._note_sent, receipt, parts))
                for receipt, parts in self._taken
            )

    async def _all(self, work: Iterable[tuple[str, Callable[[], Awaitable[None]]]]) -> None:
        """Do it all at once; each by its name."""
        async with asyncio.TaskGroup() as group:
            for name, one in work:
                group.create_task(self._carefully(name, one))

    async def _count(self) -> None:
        if monotonic() >= self._counted + COUNT_SECONDS:
            self._backlog = await outbox.backlog(self._pool)
            self._counted = monotonic()

    async def _prune(self) -> None:
        """Forget a batch of old attempts; the next one at once while there are more."""
        if monotonic() < self._pruned + PRUNE_SECONDS:
            return
        if await attempts.prune(self._pool, self._kept, PRUNED_AT_ONCE) < PRUNED_AT_ONCE:
            self._pruned = monotonic()

    def _waiting(self) -> telemetry.Reading:
        return [(one.messages, {"waits_for": one.waits_for}) for one in self._backlog]

    def _oldest(self) -> telemetry.Reading:
        return [(one.oldest, {"waits_for": one.waits_for}) for one in self._backlog]

    async def _carefully(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Nobody waits for one that cannot be handled: it is left alone for a minute."""
        if self._aside.get(name, 0.0) > monotonic():
            return
        try:
            await work()
            self._aside.pop(name, None)
        except Exception as error:
            if is_away(error):
                # For all of them.
                raise
            log.exception("%s is left alone for %s seconds", name, ASIDE_SECONDS)
            self._aside[name] = monotonic() + ASIDE_SECONDS

    # --- Planning -------------------------------------------------------------------------------

    async def _plan(self, message_id: str) -> None:
        loaded = await self._commands.load(MESSAGE, message_id)
        found = loaded.state
        if not isinstance(found, messages.Waiting) or not found.ready:
            return
        now = datetime.now(UTC)
        person = (await self._commands.load(PREFERENCES, found.queued.user_id)).state
        plan: routing.Plan | Reason = Reason.NO_ADDRESS
        if not isinstance(person, Unknown):
            plan = routing.plan(
                found.queued,
                person,
                self._available(),
                found.tried,
                now,
                messages.sending_id(found),
            )
        elif now < found.queued.expires_at:
            # The contact may yet come, on a topic of its own.
            return
        if isinstance(plan, Reason) or not isinstance(person, Recipient):
            reason = plan if isinstance(plan, Reason) else Reason.FORGOTTEN
            reason = messages.reason_to_stop(found, reason)
            await self._give_up(message_id, reason, now)
            return
        try:
            version = rendering.LIBRARY.latest(found.queued.template)
        except rendering.NoSuchTemplate as error:
            await self._await_template(message_id, found.queued.expires_at, str(error))
            return
        await self._do(
            message_id,
            messages.Schedule(
                message_id=message_id,
                organisation_id=person.contact.organisation_id,
                language=rendering.language_of(found.queued.language or person.contact.language),
                template_version=version,
                plan=plan,
                at=now,
            ),
            loaded,
        )

    def _available(self) -> frozenset[preferences_v1.Channel]:
        return frozenset(map(preferences_v1.Channel, self.transports))

    async def _await_template(self, message_id: str, until: datetime, name: str) -> None:
        """A newer release may have queued it; this one knows the template once it is replaced."""
        now = datetime.now(UTC)
        before = await self._before.submit((message_id, ""))
        number, first_at = before.count + 1, before.first_at or now
        again = retries.next_attempt(self._schedule, number, first_at, now, another_way=False)
        if again is None:
            await self._give_up(message_id, Reason.TEMPLATE, now)
            return
        telemetry.attempt_failed("", Why.MESSAGE)
        log.error("message %s has a template that is not known: %s", message_id, name)
        await attempts.note(
            self._pool, message_id, "", number, Why.MESSAGE, "no template", min(again, until)
        )

    # --- Sending --------------------------------------------------------------------------------

    async def _send(self, parcel_id: str, channel: str, ids: Sequence[str]) -> None:
        """Send a parcel that nobody else has in hand."""
        ready = [one for id in ids if (one := await self._ready(id, parcel_id, channel))]
        if not ready:
            return
        key = f"{parcel_id}.{channel}"
        if (receipt := await self._find.submit(key)) is None:
            await self._hand_over(key, NAMES[channel], ready)
            return
        for one in ready:
            await self._follow_up(receipt, one, channel)

    async def _follow_up(self, receipt: receipts.Receipt, one: Ready, channel: str) -> None:
        """The provider has the parcel; a message that was not yet in it makes one by itself."""
        if one.message_id in receipt.messages:
            self._taken.append((receipt, [one]))
            return
        key = f"{messages.sending_id(one.state)}.{channel}"
        if (own := await self._find.submit(key)) is not None:
            self._taken.append((own, [one]))
        else:
            await self._hand_over(key, NAMES[channel], [one])

    async def _ready(self, message_id: str, parcel_id: str, channel: str) -> Ready | None:
        """The message, if its stream still wants it sent so; what cannot be sent is given up."""
        loaded = await self._commands.load(MESSAGE, message_id)
        state = loaded.state
        if not isinstance(state, messages.Scheduled) or not state.ready:
            return None
        if (state.plan.parcel_id, state.plan.channel) != (parcel_id, NAMES[channel]):
            return None
        now = datetime.now(UTC)
        person = (await self._commands.load(PREFERENCES, state.queued.user_id)).state
        # The key of somebody forgotten goes before their account says so.
        unreadable = REDACTED in (state.queued.private, state.queued.address)
        if unreadable or not isinstance(person, Recipient):
            await self._give_up(message_id, Reason.FORGOTTEN, now)
            return None
        if now >= state.queued.expires_at:
            await self._give_up(message_id, Reason.TOO_LATE, now)
            return None
        return Ready(message_id, state, person, loaded)

    async def _hand_over(self, key: str, channel: Channel, ready: Sequence[Ready]) -> None:
        written = [(one, text) for one in ready if (text := await self._rendered(one))]
        transport = self.transports.get(channel)
        if not written or transport is None:
            return
        parts = [one for one, _ in written]
        outbound = OutboundMessage(
            key=key,
            to=_addresses(parts, channel),
            name=parts[0].person.contact.name,
            content=rendering.LIBRARY.together([text for _, text in written]),
        )
        try:
            # Whatever has no receipt when we crash goes out again: so many at most.
            async with self._gate:
                accepted = await self._handed(transport, channel, outbound)
                receipt = await self._receipt_for(outbound, channel, parts, accepted)
        except NotNow as failure:
            await self._note_not_now(parts, channel, failure)
        except NeverThere as failure:
            await self._note_refused(parts, channel, failure)
            await self._note_gone(parts[0], failure.gone)
        else:
            await self._accepted(receipt, channel, parts)
            await self._note_gone(parts[0], accepted.gone)

    async def _handed(
        self, transport: Transport, channel: Channel, outbound: OutboundMessage
    ) -> Accepted:
        """Hand it over; once a provider is away, what else is due for it fails as that did.

        Raises `NotNow` or `NeverThere`.
        """
        if not outbound.to:
            raise NeverThere(Why.RECIPIENT, "the address is gone")
        if (away := self._away.get(channel)) is not None:
            raise away
        try:
            return await transport.send(outbound)
        except NotNow as failure:
            if failure.why in OURS:
                self._away[channel] = failure
                log.warning("%s: %s, %s", channel.name.lower(), failure.why, failure.said)
            raise
        except NeverThere:
            raise
        except Exception as error:
            log.exception("a message could not be handed over")
            raise NotNow(Why.UNKNOWN, str(error), type(error).__name__) from error

    async def _receipt_for(
        self,
        outbound: OutboundMessage,
        channel: Channel,
        parts: Sequence[Ready],
        accepted: Accepted,
    ) -> receipts.Receipt:
        # What happens between the provider's yes and the end of this statement is not known after
        # a crash: then it goes out again, under the same key.
        texted = outbound.to if channel is Channel.SMS else ()
        return await self._keep.submit(
            receipts.Taken(
                key=outbound.key,
                messages=[one.message_id for one in parts],
                channel=channel.name.lower(),
                reference=accepted.reference,
                delivered=accepted.delivered,
                numbers=[await replies.hashed(self._vault, number) for number in texted],
            )
        )

    async def _accepted(
        self, receipt: receipts.Receipt, channel: Channel, parts: Sequence[Ready]
    ) -> None:
        if channel not in self._woken:
            self._woken.add(channel)
            await attempts.wake(self._pool, receipt.channel)
        self._taken.append((receipt, parts))

    async def _note_sent(self, receipt: receipts.Receipt, parts: Sequence[Ready]) -> None:
        now = datetime.now(UTC)
        channel = NAMES[receipt.channel]
        transport = self.transports.get(channel)
        expects = transport is not None and transport.gives_receipts
        for one in parts:
            plan = one.state.plan
            before = await self._before.submit((plan.parcel_id, receipt.channel))
            telemetry.message_ended(receipt.channel, "sent")
            sent = messages.NoteSent(
                message_id=one.message_id,
                channel=channel,
                attempt=before.count + 1,
                reference=receipt.reference,
                receipt_by=now + RECEIPT_WITHIN if expects else None,
                at=now,
            )
            await self._do(one.message_id, sent, one.loaded)
            if receipt.delivered:
                delivered = messages.NoteDelivered(
                    message_id=one.message_id, channel=channel, at=now
                )
                await self._do(one.message_id, delivered)

    async def _note_not_now(
        self, parts: Sequence[Ready], channel: Channel, failure: NotNow
    ) -> None:
        """The attempt is a row, with the time of the next one; the last one ends the channel."""
        now, name, parcel_id = (
            datetime.now(UTC),
            channel.name.lower(),
            parts[0].state.plan.parcel_id,
        )
        telemetry.attempt_failed(name, failure.why)
        before = await self._before.submit((parcel_id, name))
        number, first_at = before.count + 1, before.first_at or now
        retry_at: list[datetime] = []
        for one in parts:
            other = self._has_another_way(one, channel, now)
            again = retries.next_attempt(self._schedule, number, first_at, now, other)
            if again is not None:
                # Looked at once more when it expires, and given up then.
                retry_at.append(min(again, one.state.queued.expires_at))
                continue
            telemetry.message_ended(name, Reason.UNREACHABLE.name.lower())
            unreachable = messages.NoteUnreachable(
                message_id=one.message_id, channel=channel, detail=_detail(failure), at=now
            )
            await self._do(one.message_id, unreachable)
        if retry_at:
            await attempts.note(
                self._pool, parcel_id, name, number, failure.why, failure.said, min(retry_at)
            )

    def _has_another_way(self, one: Ready, channel: Channel, at: datetime) -> bool:
        tried = one.state.tried | {channel}
        plan = routing.plan(one.state.queued, one.person, self._available(), tried, at)
        return isinstance(plan, routing.Plan)

    async def _note_refused(
        self, parts: Sequence[Ready], channel: Channel, failure: NeverThere
    ) -> None:
        now, name = datetime.now(UTC), channel.name.lower()
        telemetry.attempt_failed(name, failure.why)
        for one in parts:
            telemetry.message_ended(name, Reason.REFUSED.name.lower())
            refused = messages.NoteRefused(
                message_id=one.message_id, channel=channel, detail=_detail(failure), at=now
            )
            await self._do(one.message_id, refused)

    async def _note_gone(self, one: Ready, browser_ids: Sequence[str]) -> None:
        """Browsers that their push service knows no more are told nothing any more."""
        user_id = one.person.contact.user_id
        for browser_id in browser_ids:
            id, at = uuid4(), datetime.now(UTC)
            context = CommandContext(
                id, f"browser:{browser_id}", str(id), ACTOR, "", at, fingerprint=""
            )
            command = preferences.UnsubscribeBrowser(
                user_id=user_id, browser_id=browser_id, reason=UnsubscriptionReason.GONE, at=at
            )
            await self._commands.handle(PREFERENCES, user_id, command, context)

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
            current = _is_of(receipt, state)
            if isinstance(state, messages.Scheduled) and current:
                # Not even noted as sent; that comes first.
                return
            if not current and receipt.outcome == "failed":
                # It was sent again since, or by another channel.
                continue
            if receipt.outcome == "delivered":
                delivered = messages.NoteDelivered(message_id=id, channel=channel, at=at)
                await self._do(id, delivered)
            else:
                detail = receipt.detail or ""
                refused = messages.NoteRefused(message_id=id, channel=channel, detail=detail, at=at)
                await self._do(id, refused)
        await receipts.told(self._pool, receipt)

    async def _do(
        self,
        message_id: str,
        command: messages.Command,
        loaded: Loaded[messages.Message] | None = None,
    ) -> None:
        """Carry out a command; the state of the message makes its repetition harmless."""
        id, about, at = uuid4(), f"message:{message_id}", datetime.now(UTC)
        context = CommandContext(id, about, str(id), ACTOR, "", at, fingerprint="")
        try:
            answer = await self._commands.handle(
                MESSAGE, message_id, command, context, loaded=loaded
            )
        except SubjectIsForgotten:
            # The key went meanwhile: what was said of them cannot be kept, and nothing is sent.
            await self._give_up(message_id, Reason.FORGOTTEN, context.at)
            return
        assert isinstance(answer, Done), answer
        self._moves += answer.recorded
        if answer.recorded and (changed := self._lines.get(message_id)) is not None:
            self._moved[message_id] = changed

    async def _give_up(self, message_id: str, reason: Reason, at: datetime) -> None:
        telemetry.message_ended("", reason.name.lower())
        command = messages.GiveUp(message_id=message_id, reason=reason, at=at)
        await self._do(message_id, command)


def _parcel_of(line: outbox.Line) -> tuple[str, str]:
    return line.parcel_id or line.message_id, line.channel or ""


def _is_of(receipt: receipts.Receipt, state: messages.Message) -> bool:
    """Whether the receipt is of the sending that the message stands at."""
    if not isinstance(state, messages.Scheduled | messages.Sent):
        return False
    ids = (state.plan.parcel_id, messages.sending_id(state))
    return receipt.key in {f"{id}.{state.plan.channel.name.lower()}" for id in ids}


def _detail(failure: Failure) -> str:
    return str(failure)[: receipts.DETAIL_LENGTH]


def _addresses(parts: Sequence[Ready], channel: Channel) -> tuple[str, ...]:
    """Where a parcel goes: to the former addresses as well when one of its messages says so, or
    to the addresses that its message names, one a line."""
    person = parts[0].person
    if (elsewhere := parts[0].state.queued.address) is not None:
        return tuple(elsewhere.split("\n"))
    if channel is Channel.PUSH:
        return tuple(map(push.address_of, person.browsers))
    way = preferences_v1.Channel(channel)
    found = [person.address(way)]
    if any(one.state.queued.former_addresses for one in parts):
        found += [address for former, address in person.former if former is way]
    return tuple(address for address in found if address is not None)
