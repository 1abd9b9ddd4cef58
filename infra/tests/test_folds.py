"""A state that was kept is as good as one folded anew, and forgets with everybody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.missions import driver_v1
from contracts.missions.driver_v1 import DriverEvent, PhoneChanged
from infra.commands import Aggregate, Commands, Done, IdempotencyKeyReused, VersionMismatch
from infra.folds import LIFE_SECONDS, LONG, Fold, Folds
from infra.testing.eventually import eventually
from infra.tests.make import NOON, commands_of, context

Phones = tuple[str, ...]
"""The last two numbers of a driver, in this much of a driver."""


def evolve(phones: Phones, event: DriverEvent) -> Phones:
    return (*phones, event.phone)[-2:] if isinstance(event, PhoneChanged) else phones


def decide(command: str, phones: Phones) -> list[DriverEvent] | None:
    return [] if command in phones[-1:] else [changed(command)]


def changed(phone: str) -> PhoneChanged:
    return PhoneChanged(driver_id="ada", phone=phone, changed_at=NOON)


DRIVER: Aggregate[str, Phones, DriverEvent, None] = Aggregate(
    driver_v1.contract, decide, evolve, ()
)


class Counting(Commands):
    """Notes how many events are read to fold a state."""

    read: list[int]

    async def _folded(self, aggregate: Any, stream: str, recorded: Any) -> Fold:
        self.read.append(len(recorded))
        return await super()._folded(aggregate, stream, recorded)


@pytest.fixture
async def commands(database: str) -> AsyncIterator[Counting]:
    """Over a stream that is just long enough to be kept."""
    async with commands_of(database) as plain:
        counting = Counting("missions", plain.store, plain._keyring)
        counting.read = []
        events = [changed(f"+336{n:08}") for n in range(LONG)]
        whole = await counting.prepare(DRIVER, "driver-ada", 0, events, context())
        await counting.store.append(whole)
        yield counting


async def ask(commands: Commands, phone: str, **options: Any) -> Done[Phones]:
    answer = await commands.handle(DRIVER, "ada", phone, context(), **options)
    assert isinstance(answer, Done)
    return answer


def another(commands: Commands) -> Commands:
    """Another process on the same databases."""
    return Commands("missions", commands.store, commands._keyring)


class TestCommands:
    async def test_a_long_stream_is_read_once(self, commands: Counting) -> None:
        for n in range(3):
            done = await ask(commands, f"+3370000000{n}")
            assert done.version == LONG + n + 1
        assert commands.read == [LONG]
        assert (await commands.load(DRIVER, "ada")).state == ("+33700000001", "+33700000002")
        assert await commands.load(DRIVER, "ada") == await another(commands).load(DRIVER, "ada")

    async def test_a_short_one_is_read_each_time(self, commands: Counting) -> None:
        for n in range(3):
            await commands.handle(DRIVER, "bob", f"+3370000000{n}", context())
        assert commands.read == [0, 1, 2]

    async def test_what_another_process_recorded_is_seen(self, commands: Counting) -> None:
        await ask(commands, "+33700000000")
        await ask(another(commands), "+33711111111")
        done = await ask(commands, "+33722222222")
        assert (done.version, done.state) == (LONG + 3, ("+33711111111", "+33722222222"))
        assert commands.read == [LONG]

    async def test_an_overtaken_command_is_decided_on_what_came_between(
        self, commands: Counting
    ) -> None:
        others, overtaken = another(commands), list[Phones]()

        async def slowly(phones: Phones) -> str:
            if not overtaken:
                await ask(others, "+33711111111")
            overtaken.append(phones)
            return "+33722222222"

        await commands.load(DRIVER, "ada")
        await commands.handle(DRIVER, "ada", slowly, context())
        assert [phones[-1] for phones in overtaken] == [f"+336{LONG - 1:08}", "+33711111111"]

    async def test_a_repeated_command_is_answered_as_before(self, commands: Counting) -> None:
        request = context()
        first = await commands.handle(DRIVER, "ada", "+33700000000", request)
        await ask(commands, "+33711111111")
        again = await commands.handle(DRIVER, "ada", "+33700000000", request)
        assert isinstance(first, Done)
        assert again == replace(first, recorded=0, repeated=True)
        other = replace(request, fingerprint="other")
        with pytest.raises(IdempotencyKeyReused):
            await commands.handle(DRIVER, "ada", "+33700000000", other)

    async def test_if_match_names_the_version_now(self, commands: Counting) -> None:
        await commands.load(DRIVER, "ada")
        await ask(commands, "+33700000000", expected_version=LONG)
        with pytest.raises(VersionMismatch):
            await ask(commands, "+33711111111", expected_version=LONG)

    async def test_the_past_is_as_it_was(self, commands: Counting) -> None:
        await ask(commands, "+33700000000")
        past = await commands.load(DRIVER, "ada", at_version=2)
        assert past.state == ("+33600000000", "+33600000001")

    async def test_the_organisation_stays_known(self, commands: Counting) -> None:
        first = await commands.load(DRIVER, "ada")
        assert first.organisation_id
        assert await commands.load(DRIVER, "ada") == first


class TestForgetting:
    async def test_whom_another_process_forgot_is_forgotten_at_once(
        self, commands: Counting, database: str
    ) -> None:
        assert (await commands.load(DRIVER, "ada")).state[-1].startswith("+336")
        async with commands_of(database) as others:
            await others._keyring.forget("ada", "ada")
        assert (await commands.load(DRIVER, "ada")).state == ("XXXX", "XXXX")
        assert commands.read == [LONG, LONG]

    async def test_and_what_is_kept_then_has_no_word_of_theirs(self, commands: Counting) -> None:
        await commands.load(DRIVER, "ada")
        await commands._keyring.forget("ada", "ada")
        for _ in range(2):
            assert (await commands.load(DRIVER, "ada")).state == ("XXXX", "XXXX")
        kept = commands._folds.get("driver-ada")
        assert kept is not None
        assert (kept.state, kept.readable) == (("XXXX", "XXXX"), frozenset())
        assert commands.read == [LONG, LONG]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def long(version: int = LONG) -> Fold:
    return Fold("state", version)


class TestLife:
    async def test_only_long_streams_are_kept(self, clock: Clock) -> None:
        folds = Folds(clock=clock)
        folds.keep("a", long(LONG - 1))
        assert folds.get("a") is None
        folds.keep("a", long())
        assert folds.get("a") == long()

    async def test_a_life_ends_however_often_the_state_is_used(self, clock: Clock) -> None:
        folds = Folds(clock=clock)
        folds.keep("a", long())
        clock.now = LIFE_SECONDS - 1
        folds.keep("a", long(LONG + 1))
        assert folds.get("a") == long(LONG + 1)
        clock.now = LIFE_SECONDS
        assert folds.get("a") is None

    async def test_a_slower_reader_does_not_bring_back_an_earlier_state(self, clock: Clock) -> None:
        folds = Folds(clock=clock)
        folds.keep("a", long(LONG + 1))
        folds.keep("a", long())
        assert folds.get("a") == long(LONG + 1)

    async def test_the_one_used_least_recently_makes_room(self, clock: Clock) -> None:
        folds = Folds(most=2, clock=clock)
        folds.keep("a", long())
        folds.keep("b", long())
        folds.get("a")
        folds.keep("c", long())
        assert [folds.get(name) is None for name in "abc"] == [False, True, False]

    async def test_lives_end_when_nobody_asks(self) -> None:
        folds = Folds(life_seconds=0.05)
        folds.keep("a", long())
        await asyncio.sleep(0.03)
        folds.keep("b", long())
        await eventually(gone(folds))


def gone(folds: Folds) -> Callable[[], Any]:
    async def nothing_is_kept() -> None:
        assert len(folds) == 0

    return nothing_is_kept
