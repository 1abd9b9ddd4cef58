"""Sums up the contents of the platform when the story is over."""

from collections.abc import Iterator, Sequence

from psycopg import sql
from rich.console import Console
from rich.table import Table

from infra.host import Running, ViewsWorker
from infra.relay import Relay


async def summarise(services: Sequence[Running], console: Console) -> None:
    """Print events recorded and published, rows per view, and lag; nothing of what has none."""
    table = Table("what", "how much", box=None, show_header=False)
    for running in services:
        for what, how_much in [*await _recorded(running), *await _shown(running)]:
            table.add_row(what, how_much)
    console.rule("[bold]What is there now", align="left", style="dim")
    console.print(table)
    console.print("  what is not listed is empty, or has no lag")


def show_addresses(services: Sequence[Running], url: str, console: Console) -> None:
    """Print where to look on."""
    for running in services:
        console.print(f"  API of {running.service.name}: {url}{running.service.prefix}/docs")
    console.print(f"  probes and measures: {url}/health/ready  {url}/metrics")
    console.print("  catalogue of events: docs/catalogue/README.md")


async def _recorded(running: Running) -> list[tuple[str, str]]:
    name = running.service.name
    if not running.service.aggregates:
        return []
    async with running.pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*), count(*) filter (where (e.xid, e.position) <= (c.xid, c.position))"
            " from es.event e left join es.checkpoint c on c.relay = %s",
            (name,),
        )
        row = await cursor.fetchone()
    assert row is not None
    recorded, published = row
    told = [(f"events of {name}", f"{recorded} recorded, {published} published")]
    relay = running.workers.get("relay")
    lag = relay.lag.seconds if isinstance(relay, Relay) else 0.0
    return [*(told if recorded else []), *_lag(f"relay of {name}", lag)]


async def _shown(running: Running) -> list[tuple[str, str]]:
    if running.generations is None:
        return []
    told: list[tuple[str, str]] = []
    async with running.pool.connection() as connection:
        for view in running.service.views:
            name = sql.Identifier(running.service.shape, view.name)
            cursor = await connection.execute(sql.SQL("select count(*) from {}").format(name))
            row = await cursor.fetchone()
            assert row is not None
            if row[0]:
                told.append((f"rows of {running.service.schema}.{view.name}", f"{row[0]}"))
    worker = running.workers.get("views")
    if isinstance(worker, ViewsWorker):
        for loop in worker.loops.values():
            told += _lag(loop.consumer.name, loop.lag.seconds)
    return told


def _lag(of: str, seconds: float) -> Iterator[tuple[str, str]]:
    if seconds >= 0.05:
        yield f"lag of {of}", f"{seconds:.1f} s"
