"""The history of a dealer group: its cases found again, among 10 000 and among a million.

The rows are written as the view would have: to record and fold them would take hours, and how they
came there is nothing that a question could notice.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import httpx
from pydantic_core import to_json

from infra.database import Pool
from infra.host import opened
from infra.tokens import issue
from services.views.dealer.cases import Case, view
from services.views.dealer.service import service
from tools.bench.depot_lists import FEW, MANY, vacuumed
from tools.bench.figures import Figure, Samples, at_most
from tools.bench.ground import Ground
from tools.bench.lists import Asking
from tools.bench.processes import RELAIS, child
from tools.bench.requests import TOKEN_SECONDS
from tools.bench.subject import FULL, Size, Subject

AREA = "dealer"
EVER = "/dealer/cases?limit=20&closed=true"
QUESTIONS: Mapping[str, str] = {
    "open cases": "/dealer/cases?limit=20",
    "all cases": EVER,
    "all cases of a dealership": f"{EVER}&dealership_id={{org}}-d7",
    "a name": f"{EVER}&q=moreau",
    "a name that few have": f"{EVER}&q=zagorski",
    "both names": f"{EVER}&q=zagorski%20claire",
    "a reference": f"{EVER}&q=OR-7007",
    "a plate": f"{EVER}&q=AB-7007-CD",
    "a phone": f"{EVER}&q=06%2012%2000%2070%2007",
    "a name that nobody has": f"{EVER}&q=nowhere",
}
TABLES = ("cases",)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TEMPLATE = Case(
    case_id="",
    organisation_id="",
    dealership_id="",
    mode="after_sales",
    module="mechanical",
    brand="peugeot",
    reference="",
    currency="EUR",
    author_id="theo",
    created_at=NOON,
    changed_at=NOON,
    contact_id="claire",
    first_name="Claire",
    make="Peugeot",
    model="208",
)
# One of twenty customers has the same name, one of 5 000 a name of their own kind. The last 500
# cases are open, and one of ten before them.
FILL = """
insert into cases ({columns})
select {made} from (
  select n, now() - n * interval '2 minutes' as at,
    case when n %% 5000 = 7 then 'Zagorski' when n %% 20 = 3 then 'Moreau'
      else 'Nom' || n %% 4001 end as name
  from generate_series(1, %(cases)s) n
) one,
lateral jsonb_populate_record(null::cases, %(row)s::text::jsonb || jsonb_build_object(
  'case_id', %(org)s || '-' || n, 'organisation_id', %(org)s,
  'dealership_id', %(org)s || '-d' || n %% 40, 'reference', 'OR-' || n, 'last_name', name,
  'created_at', at, 'changed_at', at, 'phone', '+336' || lpad((12000000 + n)::text, 8, '0'),
  'plate', 'AB-' || n || '-CD', 'plate_found', 'AB' || n || 'CD',
  'status', case when n <= 500 or n %% 10 = 1 then 'sent' else 'closed' end,
  'search', concat_ws(' ', 'or', n, 'or' || n, lower(name), 'claire', 'ab' || n || 'cd',
    '336' || lpad((12000000 + n)::text, 8, '0'), '06' || lpad((12000000 + n)::text, 8, '0'))
)) made
"""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    many = max(2 * FEW, MANY * size.filled // FULL.filled)
    async with asked(ground, {"few": FEW, "many": many}) as ask:
        return await ask.rounds(size.rounds, step, by_index=many == MANY)


@asynccontextmanager
async def asked(ground: Ground, cases: Mapping[str, int]) -> AsyncIterator[Asking]:
    """An API over the cases of groups with so many each."""
    settings = ground.settings(AREA)
    async with AsyncExitStack() as stack:
        async with opened(service, settings) as running:
            for organisation, count in cases.items():
                await fill(running.pool, organisation, count)
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "views.dealer", environment=ground.environment(AREA))
        )
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", timeout=60)
        await stack.enter_async_context(client)
        tokens = {
            name: issue(ground.signing, "gina", name, ["group_manager"], lifetime=TOKEN_SECONDS)
            for name in cases
        }
        yield Asking(client, settings.database("views.dealer"), tokens, QUESTIONS, TABLES)


async def fill(pool: Pool, organisation: str, cases: int) -> None:
    """The cases of a group, of which most are closed."""
    values = {"org": organisation, "cases": cases, "row": to_json(TEMPLATE).decode()}
    columns, made = (", ".join(f"{of}{name}" for name in view.columns) for of in ("", "made."))
    async with pool.connection() as connection:
        await connection.execute(FILL.format(columns=columns, made=made).encode(), values)
    await vacuumed(pool)


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"dealer: {name}, 1 000 000 cases, p95",
            "ms",
            "of 10 000 cases",
            at_most(1.5),
            f"{name} many",
            f"{name} few",
        )
        for name in QUESTIONS
    ),
    measure=measure,
)
