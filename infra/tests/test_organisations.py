"""Events that nobody asked for are of the organisation that they follow from."""

from collections.abc import AsyncIterator

import pytest_asyncio

from infra.consumers.records import Record
from infra.tests.consuming import ReactionKit, opened, published, quoted, reheaded


@pytest_asyncio.fixture
async def kit(database: str) -> AsyncIterator[ReactionKit]:
    async with opened("reaction", database) as kit:
        assert isinstance(kit, ReactionKit)
        yield kit


async def organisations(kit: ReactionKit, *causes: Record) -> list[str]:
    """Those of the events that the reaction recorded, in their order."""
    await (await kit.owner()).consume(causes)
    found: list[str] = await kit.ask("select meta->>'organisation' from es.event order by position")
    return found


async def test_a_reaction_records_for_the_organisation_of_its_cause(kit: ReactionKit) -> None:
    [cause] = kit.topic.publish(published())
    assert await organisations(kit, reheaded(cause, organisation=b"atlas")) == ["atlas"]


async def test_a_cause_recorded_without_one_may_name_it_in_a_field(kit: ReactionKit) -> None:
    [cause] = kit.topic.publish(published())
    assert await organisations(kit, reheaded(cause, organisation=None)) == ["hiflow"]


async def test_a_cause_that_names_none_leaves_that_of_the_stream(kit: ReactionKit) -> None:
    first, second = kit.topic.publish(published(), quoted())
    nameless = reheaded(second, organisation=b"")
    assert await organisations(kit, first, nameless) == ["hiflow", "hiflow"]


async def test_a_new_stream_of_a_nameless_cause_has_none(kit: ReactionKit) -> None:
    [cause] = kit.topic.publish(quoted())
    assert await organisations(kit, reheaded(cause, organisation=None)) == [""]
