"""Reactions: an event becomes commands on the aggregates of the reacting service."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any, Generic, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.runtime import Contract
from infra import telemetry
from infra.commands import Aggregate, CommandContext, Commands, event_id
from infra.consumers.handler import Handler, Retry
from infra.consumers.records import Delivery
from infra.consumers.subscriptions import Reads, Subscription, event_classes, subscription
from infra.database import Connection
from infra.store import Append, Appended
from infra.store.protocol import is_away

E = TypeVar("E")
COMMANDS = uuid5(NAMESPACE_URL, "relais:reactions")
Enrich = Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any | None]]]


class CommandRefused(Exception):
    """A command of a reaction was refused, so its event waits, parked, for a person."""


@dataclass(frozen=True)
class Reaction(Generic[E]):
    """A pure function from event to commands, and who takes the commands.

    `react` takes the events in `reads`, no more and no less; other events of the contract never
    reach it. `target` answers the id of the aggregate a command is for. `enrich`, where there is
    one, looks into the tables of the service: it answers the commands of a batch again, in their
    order, each with what is known about it, or None where that leaves nothing to do. `equip` makes
    that of one that needs more than tables, from the service as it runs (`infra.host.Running`).

    Repeating a reaction is harmless: the ids of its events follow from the event it answers, and
    its commands are answered with silence the second time. Where the events are not in the
    database of the positions, a command of which events stand already is left out, whatever became
    of its target since.
    """

    name: str
    contract: Contract[Any]
    react: Callable[[E], Sequence[Any]]
    aggregate: Aggregate[Any, Any, Any, Any]
    target: Callable[[Any], str]
    enrich: Enrich | None = None
    equip: Callable[[Any], Enrich] | None = None
    reads: Reads = field(kw_only=True)
    """One event class of the contract, or a union of several."""

    def __post_init__(self) -> None:
        # Asked for once, so that a wrong declaration fails where it stands.
        _ = self.events

    def equipped(self, running: Any) -> "Reaction[E]":
        """The reaction with all that it needs of the service that runs."""
        if self.equip is None:
            return self
        return replace(self, enrich=self.equip(running), equip=None)

    @cached_property
    def events(self) -> frozenset[type[Any]]:
        """The classes of the events that it reads."""
        return event_classes(f"reaction {self.name}", self.contract, self.reads, self.react)

    @cached_property
    def subscription(self) -> Subscription:
        """The subscription that brings it these events."""
        return Subscription(self.contract, self.contract.types_of(self.events))


@dataclass(frozen=True)
class Follower:
    """A handler of events that is neither a view nor a reaction: what it writes is no event."""

    name: str
    contract: Contract[Any]
    reads: Reads
    handler: Handler

    @cached_property
    def subscription(self) -> Subscription:
        """The subscription that brings it these events."""
        return subscription(self.contract, self.reads)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A command of a reaction, for the aggregate of an id.

    Its own id counts the commands of its event as `react` makes them: what the tables know by now
    changes nothing of it.
    """

    id: str
    command: Any
    command_id: UUID


@dataclass(slots=True)
class _Target:
    """A stream the batch writes to, folded as far as the batch has come."""

    version: int
    state: Any
    organisation_id: str
    append: Append | None = None


class ReactionHandler(Handler):
    """Carries out a reaction for a batch: one read, decisions in order, one append."""

    def __init__(self, reaction: Reaction[Any], commands: Commands, service: str) -> None:
        self._reaction = reaction
        self._commands = commands
        self._actor = f"reaction:{service}.{reaction.name}"
        self._appended = False

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        failed: dict[int, Exception] = {}
        wanted = [self._wanted(delivery, n, failed) for n, delivery in enumerate(deliveries)]
        wanted = await self._enriched(connection, wanted)
        if not self._commands.store.joins_transactions:
            wanted = await self._undone(wanted)
        targets = await self._load({one.id for group in wanted for one in group})
        broken: set[str] = set()

        async def decide(indices: Sequence[int]) -> None:
            for index in indices:
                delivery = deliveries[index]
                if delivery.stream in broken:
                    continue
                try:
                    if index not in failed:
                        await self._decide(targets, delivery, wanted[index])
                except Exception as error:
                    if is_away(error):
                        # Nothing is wrong with the event.
                        raise
                    failed[index] = error
                if index in failed:
                    broken.add(delivery.stream)

        # What they need of other databases travels together; nothing is left at work when one is
        # away.
        ended = await asyncio.gather(
            *map(decide, _chains(deliveries, wanted)), return_exceptions=True
        )
        for failure in filter(None, ended):
            raise failure
        await self._append(connection, targets)
        return failed

    def _wanted(
        self, delivery: Delivery, index: int, failed: dict[int, Exception]
    ) -> list[_Wanted]:
        if type(delivery.event) not in self._reaction.events:
            return []
        try:
            return [
                _Wanted(
                    self._reaction.target(command),
                    command,
                    _command_id(self._actor, delivery.envelope.event_id, nth),
                )
                for nth, command in enumerate(self._reaction.react(delivery.event))
            ]
        except Exception as error:  # noqa: BLE001
            failed[index] = error
            return []

    async def _enriched(
        self, connection: Connection, wanted: list[list[_Wanted]]
    ) -> list[list[_Wanted]]:
        commands = [one.command for group in wanted for one in group]
        if self._reaction.enrich is None or not commands:
            return wanted
        found = iter(await self._reaction.enrich(connection, commands))
        enriched = [[replace(one, command=next(found)) for one in group] for group in wanted]
        return [[one for one in group if one.command is not None] for group in enriched]

    async def _undone(self, wanted: list[list[_Wanted]]) -> list[list[_Wanted]]:
        """Without the commands whose events were recorded before a crash: positions were not."""
        first = {one.command_id: event_id(one.command_id, 0) for group in wanted for one in group}
        recorded = await self._commands.store.find(list(first.values()))
        there = {event.event_id for event in recorded}
        return [[one for one in group if first[one.command_id] not in there] for group in wanted]

    async def _load(self, ids: set[str]) -> dict[str, _Target | ValueError]:
        found = await asyncio.gather(*(self._load_one(id) for id in ids))
        return dict(zip(ids, found, strict=True))

    async def _load_one(self, id: str) -> _Target | ValueError:
        try:
            found = await self._commands.load(self._reaction.aggregate, id)
        except ValueError as unreadable:
            return unreadable
        return _Target(found.version, found.state, found.organisation_id)

    async def _decide(
        self,
        targets: dict[str, _Target | ValueError],
        delivery: Delivery,
        group: Sequence[_Wanted],
    ) -> None:
        made: dict[str, _Target] = {}
        for one in group:
            id, command = one.id, one.command
            loaded = made.get(id) or targets[id]
            if isinstance(loaded, ValueError):
                raise loaded
            target = replace(loaded)
            decision = self._reaction.aggregate.decide(command, target.state)
            if not isinstance(decision, list):
                raise CommandRefused(f"{command!r}: {decision!r}")
            if decision:
                context = self._context(delivery, one.command_id, target.organisation_id)
                await self._extend(target, id, decision, context)
            made[id] = target
        targets.update(made)

    async def _extend(
        self, target: _Target, id: str, events: list[Any], context: CommandContext
    ) -> None:
        aggregate = self._reaction.aggregate
        stream = aggregate.stream(id)
        added = await self._commands.prepare(aggregate, stream, target.version, events, context)
        before = target.append
        target.append = (
            added
            if before is None
            else replace(
                before,
                events=[*before.events, *added.events],
                timers=[*before.timers, *added.timers],
            )
        )
        target.state = reduce(aggregate.evolve, events, target.state)
        target.organisation_id = target.organisation_id or context.organisation_id

    async def _append(
        self, connection: Connection, targets: Mapping[str, _Target | ValueError]
    ) -> None:
        written = [target for target in targets.values() if isinstance(target, _Target)]
        group = [target.append for target in written if target.append is not None]
        if not group:
            return
        verdicts = await self._commands.store.append_in(connection, group)
        if not all(isinstance(verdict, Appended) for verdict in verdicts):
            raise Retry(f"{self._actor}: {verdicts}")
        self._appended = True

    def committed(self) -> None:
        if self._appended:
            self._appended = False
            self._commands.store.on_append()

    def _context(self, delivery: Delivery, command_id: UUID, owner: str) -> CommandContext:
        envelope = delivery.envelope
        return CommandContext(
            command_id=command_id,
            correlation_id=envelope.correlation_id,
            causation_id=str(envelope.event_id),
            actor=self._actor,
            organisation_id=_organisation_of(delivery) or owner,
            at=envelope.recorded_at,
            fingerprint="",
            traceparent=telemetry.traceparent_of_current_span() or envelope.traceparent,
        )


def _chains(
    deliveries: Sequence[Delivery], wanted: Sequence[Sequence[_Wanted]]
) -> Iterable[Sequence[int]]:
    """The deliveries, by index, that are decided one after the other: those of one stream, and
    those with a target in common."""
    leads: dict[tuple[str, str], tuple[str, str]] = {}

    def end(name: tuple[str, str]) -> tuple[str, str]:
        while (behind := leads.setdefault(name, name)) != name:
            name = behind
        return name

    for delivery, group in zip(deliveries, wanted, strict=True):
        for one in group:
            leads[end(("stream", delivery.stream))] = end(("target", one.id))
    chains: dict[tuple[str, str], list[int]] = {}
    for index, delivery in enumerate(deliveries):
        chains.setdefault(end(("stream", delivery.stream)), []).append(index)
    return chains.values()


def _organisation_of(delivery: Delivery) -> str:
    """For which organisation the cause was recorded; an old event says it in a field, or not."""
    return delivery.envelope.organisation_id or getattr(delivery.event, "organisation_id", "")


def _command_id(actor: str, event_id: UUID, nth: int) -> UUID:
    return uuid5(COMMANDS, f"{actor}|{event_id}|{nth}")
