"""Generations of views: which there are, making a new one, swapping it in and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from infra.consumers.filling import NotFilled
from infra.consumers.rebuild import NotReadable, lag, ready, rebuild
from infra.consumers.views import Generation, Generations
from infra.host import Running
from services import registry
from tools.relais import connections, declared
from tools.relais.answers import Answer, Trouble, audit, rows, sentence
from tools.relais.progress import Telling, telling

COLUMNS = ("service", "number", "shape", "state", "fed", "behind", "parked", "created_at")


async def listed(service: str | None) -> Answer:
    """Every generation: its state, how many records it is behind, its parked streams.

    Each shape has its own active one. Those of another shape than this release's are not fed by it.
    """
    found: list[dict[str, Any]] = []
    for name in connections.named(service):
        if service is None and not registry.service(name).tables:
            continue
        async with _opened(name) as (running, generations):
            found += [await _facts(running, generations, one) for one in await generations.all()]
    return rows(found, COLUMNS, "there are no generations: start `relais work SERVICE` once")


async def _facts(running: Running, generations: Generations, one: Generation) -> dict[str, Any]:
    fed = one.fingerprint == generations.fingerprint and one.state != "filling"
    async with running.pool.connection() as connection:
        cursor = await connection.execute(
            "select g.created_at, (select count(distinct stream) from consumer.parked"
            " where consumer = %s) from views.generation g where view = %s and number = %s",
            (one.consumer, one.view, one.number),
        )
        row = await cursor.fetchone()
    assert row is not None
    return {
        "service": running.service.name,
        "number": one.number,
        "shape": one.fingerprint[:8],
        "state": one.state,
        "fed": fed,
        "behind": await lag(running, one) if fed else None,
        "parked": row[1],
        "created_at": row[0],
    }


@asynccontextmanager
async def _opened(name: str) -> AsyncIterator[tuple[Running, Generations]]:
    settings = connections.settings()
    service = declared.showing(name)
    connections.broker(settings)
    async with declared.connected(settings, service) as running:
        assert running.generations is not None
        yield running, running.generations


# --- A new one --------------------------------------------------------------


async def rebuilt(
    name: str, swap: bool, lag_limit: int, within: float, quiet: bool = False
) -> Answer:
    """Fill a new generation, wait until it is near the end of its topics, let queries read it.

    Raises `Trouble` when an event cannot be taken (nothing is left behind), and when the workers
    do not feed the generation in time (it stays, and `views swap` goes on).
    """
    async with AsyncExitStack() as stack:
        running, generations = await stack.enter_async_context(_opened(name))
        names = {contract.service for contract in running.service.sources}
        sources = await stack.enter_async_context(connections.stores(running.settings, names))
        audit(running.settings.home, "views rebuild", service=name)
        with telling(quiet=quiet) as told:
            made = await _fill(running, sources, told)
            await _until_ready(running, made, told, lag_limit, within)
        if swap:
            await generations.activate(made)
            audit(running.settings.home, "views swap", service=name, number=made.number)
    facts = {"service": name, "number": made.number, "swapped": swap}
    done = "queries read it now" if swap else f"`relais views swap {name}` lets queries read it"
    return sentence(facts, f"generation {made.number} of {name} is filled; {done}")


async def _fill(running: Running, sources: Any, told: Telling) -> Generation:
    try:
        return await rebuild(running, sources, lambda done, of: told("events", done, of))
    except (NotFilled, NotReadable) as error:
        raise Trouble(
            f"{error} cannot be taken: {error.__cause__!r}. Nothing was changed; mend the view, or"
            " see docs/runbook/a-wrong-event-was-recorded.md."
        ) from error


async def _until_ready(
    running: Running, made: Generation, told: Telling, limit: int, within: float
) -> None:
    first: list[int] = []

    def behind(left: int) -> None:
        first.append(left)
        told("behind the topics", max(first) - left, max(first))

    try:
        async with asyncio.timeout(within):
            await ready(running, made, behind, limit=limit)
    except TimeoutError:
        name = running.service.name
        raise Trouble(
            f"generation {made.number} of {name} is still {first[-1] if first else '?'} records"
            f" behind after {within:g} s: does `relais work {name}` run?"
            f" It stays; `relais views swap {name}` goes on, `relais views drop` removes it."
        ) from None


# --- Which one is read ------------------------------------------------------


async def swapped(name: str, number: int | None, lag_limit: int, force: bool) -> Answer:
    """Let queries read a filled generation: that one, or the newest that is not read yet."""
    async with _opened(name) as (running, generations):
        one = await _chosen(generations, name, number, "building")
        if not force:
            await _refuse_unfit(running, generations, one, lag_limit)
        return await _activate(running, generations, one, "views swap")


async def rolled_back(name: str, force: bool) -> Answer:
    """Let queries read the generation before the active one again."""
    async with _opened(name) as (running, generations):
        one = await _chosen(generations, name, None, "previous")
        if not force:
            await _refuse_unfit(running, generations, one, None)
        return await _activate(running, generations, one, "views rollback")


async def _activate(
    running: Running, generations: Generations, one: Generation, action: str
) -> Answer:
    name = running.service.name
    try:
        await generations.activate(one)
    except ValueError as error:
        raise Trouble(str(error)) from error
    audit(running.settings.home, action, service=name, number=one.number)
    return sentence(
        {"service": name, "active": one.number}, f"queries of {name} read generation {one.number}"
    )


async def _chosen(
    generations: Generations, name: str, number: int | None, state: str
) -> Generation:
    for one in reversed(await generations.all()):
        ours = one.fingerprint == generations.fingerprint
        if one.number == number or (number is None and ours and one.state == state):
            return one
    wanted = f"generation {number}" if number is not None else f"{state} generation"
    raise Trouble(f"{name} has no {wanted}; `relais views list` shows what there is")


async def _refuse_unfit(
    running: Running, generations: Generations, one: Generation, lag_limit: int | None
) -> None:
    if one.fingerprint != generations.fingerprint:
        raise Trouble(
            f"generation {one.number} has tables of another release, whose queries read them:"
            " run the `relais` of that release"
        )
    if lag_limit is not None and (left := await lag(running, one)) > lag_limit:
        raise Trouble(f"generation {one.number} is {left} records behind; wait, or --force")


async def dropped(name: str, number: int, force: bool) -> Answer:
    """Remove a generation that is not read, with its tables and parked records.

    `force`: also one that releases of another shape read, once none of them runs any more.
    """
    async with _opened(name) as (running, generations):
        one = await _chosen(generations, name, number, "")
        try:
            await generations.drop(one, of_another_release=force)
        except ValueError as error:
            raise Trouble(str(error)) from error
        audit(running.settings.home, "views drop", service=name, number=number)
    facts = {"service": name, "dropped": number}
    return sentence(facts, f"generation {number} of {name} is gone")
