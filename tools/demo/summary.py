"""Sums up the contents of the platform when the story is over."""

from collections.abc import Sequence

from psycopg import sql
from rich.console import Console
from rich.table import Table

from infra.host import Running, ViewsWorker
from infra.relay import Relay


async def summarise(services: Sequence[Running], console: Console) -> None:
    """Print events recorded and published, rows per view, and lag."""
    table = Table("what", "count", box=None, show_header=False)
    for running in services:
        if running.service.aggregates:
            await _recorded(running, table)
        if running.generations is not None:
            await _shown(running, table)
    console.rule("[bold]What is there now", align="left", style="dim")
    console.print(table)


def show_addresses(services: Sequence[Running], url: str, console: Console) -> None:
    """Print where to look on."""
    for running in services:
        console.print(f"  API of {running.service.name}: {url}{running.service.prefix}/docs")
    console.print(f"  probes and measures: {url}/health/ready  {url}/metrics")
    console.print("  catalogue of events: docs/catalogue/README.md")


async def _recorded(running: Running, table: Table) -> None:
    async with running.pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*), count(*) filter (where (e.xid, e.position) <= (c.xid, c.position))"
            " from es.event e left join es.checkpoint c on c.relay = %s",
            (running.service.name,),
        )
        row = await cursor.fetchone()
    assert row is not None
    table.add_row(f"events recorded by {running.service.name}", f"{row[0]}")
    table.add_row("events published to Kafka", f"{row[1]}")
    relay = running.workers.get("relay")
    if isinstance(relay, Relay):
        table.add_row("relay lag", f"{relay.lag.seconds:.1f} s")


async def _shown(running: Running, table: Table) -> None:
    async with running.pool.connection() as connection:
        for view in running.service.views:
            name = sql.Identifier(running.service.shape, view.name)
            cursor = await connection.execute(sql.SQL("select count(*) from {}").format(name))
            row = await cursor.fetchone()
            assert row is not None
            table.add_row(f"rows of {running.service.schema}.{view.name}", f"{row[0]}")
    worker = running.workers.get("views")
    if isinstance(worker, ViewsWorker):
        for loop in worker.loops.values():
            table.add_row(f"lag of {loop.consumer.name}", f"{loop.lag.seconds:.1f} s")
