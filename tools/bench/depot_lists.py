"""Lists of depots with 10 000 and a million orders in their history, and the same going on.

The rows are written as a view would have: to record and fold them would take hours, and how they
came there is nothing that a question could notice.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import httpx

from infra.database import Pool
from infra.host import opened
from infra.tokens import issue
from services.views.depot.service import service
from tools.bench.figures import Figure, Samples, at_most
from tools.bench.ground import Ground
from tools.bench.lists import Asking
from tools.bench.processes import RELAIS, child
from tools.bench.requests import TOKEN_SECONDS
from tools.bench.subject import FULL, Size, Subject

FEW, MANY = 10_000, 1_000_000
AREA = "depot"
LISTS: Mapping[str, str] = {
    "orders to prepare": "/depot/work?limit=20",
    "incoming": "/depot/incoming?limit=20",
    "outgoing": "/depot/outgoing?limit=20",
    "returns": "/depot/returns?limit=20",
}
FILTERS: Mapping[str, str] = {
    "": "",
    " of a small town": "&city=zagora",
    " of a courier": "&courier_id={org}-courier7",
    " with an order": "&tracking_number=TRK-7",
}
QUESTIONS: Mapping[str, str] = {
    **{
        f"{what}{which}": path + asked
        for what, path in LISTS.items()
        for which, asked in FILTERS.items()
    },
    "returns to check": "/depot/returns?limit=20&state=in_depot",
    "returns that are stored": "/depot/returns?limit=20&state=approved",
    "how much waits": "/depot/work/waiting",
    "how much is kept": "/depot/returns/held",
}
TABLES = ("orders", "pickups", "tours", "returns")

# The last orders are on their way: what goes on is the same in both, a day's work. One order of
# 5 000 goes to a small town. Of pickups and returns, the town and the courier that are asked for
# have a page of them in both.
FILL = (
    """
insert into users
select %(org)s || '-' || kind || n, %(org)s, 'Karim', '+212661000000'
from (values ('courier', 200), ('operator', 20)) as k(kind, most), generate_series(1, most) n
""",
    """
insert into orders
select %(org)s || '-' || n, %(org)s, 'TRK-' || n, town, lower(town), 'Salma Idrissi',
  '+212612345678', '12 rue Ibn Batouta', array['TRK-' || n], 34900, 'MAD', 'operator', at,
  case when n <= 500 then 'to_prepare' else 'prepared' end, %(org)s || '-operator' || n %% 20 + 1,
  at, array['TRK-' || n], '[]', 'operator', at, false
from (
  select n, now() - n * interval '1.7 seconds' as at,
    case when n %% 5000 = 7 then 'Zagora' else 'Ville ' || n %% 20 end as town
  from generate_series(1, %(orders)s) n
) one
""",
    """
insert into pickups
select %(org)s || '-k' || k, %(org)s, %(today)s::date - k / 2500,
  (select jsonb_agg(jsonb_build_object('order_id', %(org)s || '-' || n, 'tracking_number',
     'TRK-' || n, 'city', 'Ville 1', 'parcel_codes', jsonb_build_array('TRK-' || n)))
   from generate_series(k * 20 + 1, k * 20 + 20) n),
  (select array_agg(%(org)s || '-' || n) from generate_series(k * 20 + 1, k * 20 + 20) n),
  (select array_agg('TRK-' || n) from generate_series(k * 20 + 1, k * 20 + 20) n),
  case when k %% 25 = 0 then array['ville 1', 'zagora'] else array['ville 1'] end,
  now() - k * interval '34 seconds', case when k < 100 then 'assigned' else 'verified' end,
  %(org)s || '-courier' || case when k %% 25 = 6 then 7 else k %% 200 + 1 end, null, null,
  array[]::text[], '[]', null, null
from generate_series(0, %(orders)s / 20 - 1) k
""",
    """
insert into tours
select %(org)s || '-t' || t, %(org)s, %(org)s || '-courier' || t %% 200 + 1,
  (select jsonb_agg(jsonb_build_object('order_id', %(org)s || '-' || n, 'tracking_number',
     'TRK-' || n, 'city', 'Ville 1', 'parcel_codes', jsonb_build_array('TRK-' || n),
     'cash_minor', 34900, 'cash_currency', 'MAD', 'status', 'out', 'attempts', 0))
   from generate_series(t * 50 + 1, t * 50 + 50) n),
  (select array_agg(%(org)s || '-' || n) from generate_series(t * 50 + 1, t * 50 + 50) n),
  (select array_agg('TRK-' || n) from generate_series(t * 50 + 1, t * 50 + 50) n),
  case when t %% 100 = 0 then array['ville 1', 'zagora'] else array['ville 1'] end, 'operator',
  now() - t * interval '85 seconds',
  case when t < 20 then 'ready' when t < 120 then 'out' else 'over' end,
  array[]::text[], '[]', 'operator', now() - t * interval '85 seconds', null
from generate_series(0, %(orders)s / 50 - 1) t
""",
    """
insert into returns
select %(org)s || '-' || r * 20, %(org)s, 'TRK-' || r * 20, town, lower(town),
  %(org)s || '-t' || r * 20 / 50, courier, courier, 'absent', 1,
  array['TRK-' || r * 20], array[]::text[], 34900, 'MAD', at,
  case when r <= 100 then 'in_depot' when r <= 110 then 'disputed' when r <= 300 then 'approved'
    when r %% 3 = 0 then 'back_to_sender' else 'out_of_depot' end,
  '[]', 'operator', at, at + interval '7 days', null, '[]', false, null, null, null
from (
  select r, now() - r * interval '34 seconds' as at,
    case when r %% 25 = 0 then 'Zagora' else 'Ville ' || r %% 20 end as town,
    %(org)s || '-courier' || case when r %% 25 = 6 then 7 else r %% 200 + 1 end as courier
  from generate_series(1, %(orders)s / 20) r
) one
""",
)


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    many = max(2 * FEW, MANY * size.filled // FULL.filled)
    async with asked(ground, {"few": FEW, "many": many}) as ask:
        return await ask.rounds(size.rounds, step, by_index=many == MANY)


@asynccontextmanager
async def asked(ground: Ground, orders: Mapping[str, int]) -> AsyncIterator[Asking]:
    """An API over the tables of depots with so many orders each."""
    database = ground.settings(AREA).database("views.depot")
    async with AsyncExitStack() as stack:
        async with opened(service, ground.settings(AREA)) as running:
            for organisation, count in orders.items():
                await fill(running.pool, organisation, count)
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "views.depot", environment=ground.environment(AREA))
        )
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", timeout=60)
        await stack.enter_async_context(client)
        tokens = {
            name: issue(ground.signing, "nadia", name, ["administration"], lifetime=TOKEN_SECONDS)
            for name in orders
        }
        yield Asking(client, database, tokens, QUESTIONS, TABLES)


async def fill(pool: Pool, organisation: str, orders: int) -> None:
    """The tables of a depot with a history of so many orders."""
    for statement in FILL:
        async with pool.connection() as connection:
            values = {"org": organisation, "orders": orders, "today": datetime.now(UTC).date()}
            await connection.execute(statement, values)
    await vacuumed(pool)


async def vacuumed(pool: Pool) -> None:
    """The planner knows how many rows there are."""
    async with pool.connection() as connection:
        await connection.set_autocommit(True)
        await connection.execute("vacuum analyze")
        await connection.set_autocommit(False)


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"depot: {name}, 1 000 000 orders, p95",
            "ms",
            "of 10 000 orders",
            at_most(1.5),
            f"{name} many",
            f"{name} few",
        )
        for name in QUESTIONS
    ),
    measure=measure,
)
