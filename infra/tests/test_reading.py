"""Rows come of the right organisation, in order, from where the page before ended."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from infra.database import Pool, open_pool
from infra.reading import MOST_HITS, BadCursor, First, Table, together

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell with the town it hangs in."""

    bell_id: str
    at: datetime
    town: str
    tones: int | None


bells = Table(
    Bell,
    "shop.bells join shop.towns using (town_id)",
    organisation="towns.organisation_id",
    columns={"town": "upper(towns.name)"},
    key="bell_id",
)
OLDEST = bells.order("oldest", "at", "bell_id")
LATEST = bells.order("latest", "at", "bell_id", descending=True)
BY_TONES = bells.order("tones", "tones")

_SHOP = """
create schema shop;
create table shop.towns (town_id text, name text, organisation_id text);
create table shop.bells (bell_id text, at timestamptz, town_id text, tones int);
insert into shop.towns values ('p', 'Paris', 'o1'), ('n', 'Nancy', 'o2');
insert into shop.bells values
  ('b1', '2026-11-23 12:00Z', 'p', 1), ('b2', '2026-11-23 12:00Z', 'p', 2),
  ('b3', '2026-11-23 13:00Z', 'p', null), ('b4', '2026-11-23 11:00Z', 'n', 4);
"""


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    made = await open_pool(database, 2, "test")
    async with made.connection() as connection:
        await connection.execute(_SHOP.encode())
    yield made
    await made.close()


async def test_several_rows_come_at_once_each_by_its_own_question(pool: Pool) -> None:
    found = await together(
        pool,
        First(bells.of("o2", bell_id="b4")),
        First(bells.of("o1"), LATEST),
        First(bells.of("o1", bell_id="b4")),
        First(bells.of_every_organisation().where("tones > %(tones)s", tones=1), OLDEST),
    )
    assert [bell and (bell.bell_id, bell.town, bell.tones) for bell in found] == [
        ("b4", "NANCY", 4),
        ("b3", "PARIS", None),
        None,
        ("b4", "NANCY", 4),
    ]


async def test_an_organisation_reads_its_own_rows(pool: Pool) -> None:
    assert [bell.bell_id for bell in await bells.of("o1").many(pool, OLDEST)] == ["b1", "b2", "b3"]
    assert [bell.bell_id for bell in await bells.of("o2").many(pool, OLDEST)] == ["b4"]
    assert await bells.of("o3").many(pool, OLDEST) == []
    assert len(await bells.of_every_organisation().many(pool, OLDEST)) == 4


async def test_one_row_is_found_by_its_key(pool: Pool) -> None:
    assert await bells.of("o1", bell_id="b2").one(pool) == Bell("b2", NOON, "PARIS", 2)
    assert await bells.of("o2", bell_id="b2").one(pool) is None


async def test_a_list_of_keys_finds_each_of_them(pool: Pool) -> None:
    found = await bells.of("o1", bell_id=["b1", "b3", "b4"]).many(pool, LATEST)
    assert [bell.bell_id for bell in found] == ["b3", "b1"]
    assert await bells.of("o1", bell_id=[]).many(pool, LATEST) == []


def test_a_key_that_is_missing_opens_nothing() -> None:
    with pytest.raises(ValueError, match="bell_id is not given"):
        bells.of("o1", bell_id=None)


async def test_conditions_narrow_the_rows(pool: Pool) -> None:
    several = bells.of("o1").where("tones > %(least)s", least=1)
    assert [bell.bell_id for bell in await several.many(pool, OLDEST)] == ["b2"]
    either = bells.of("o1").where("tones is null or tones = 1")
    assert [bell.bell_id for bell in await either.many(pool, OLDEST)] == ["b1", "b3"]


async def test_few_hits_are_read_by_their_keys(pool: Pool) -> None:
    loud = "tones >= %(least)s"
    found = await bells.of("o1").found_by_index(loud, least=2).hits(pool)
    assert [bell.bell_id for bell in await found.page(pool, OLDEST, None, 9)] == ["b2"]
    assert found.values["hits"] == ["b2"]
    nothing = bells.of("o1", bell_id="b2").found_by_index(loud, least=9)
    assert await nothing.page(pool, OLDEST, None, 9) == []


async def test_pages_of_hits_follow_each_other(pool: Pool) -> None:
    found = bells.of("o1").found_by_index("at >= %(since)s", since=NOON)
    first = await found.page(pool, LATEST, None, 2)
    rest = await found.page(pool, LATEST, LATEST.key(first[-1]), 2)
    assert [bell.bell_id for bell in (*first, *rest)] == ["b3", "b2", "b1"]


@pytest.mark.parametrize(("rung", "by_key"), [(MOST_HITS, True), (MOST_HITS + 1, False)])
async def test_very_many_hits_are_met_in_the_order_of_the_page(
    pool: Pool, rung: int, by_key: bool
) -> None:
    async with pool.connection() as connection:
        await connection.execute(
            "insert into shop.bells select 'c' || n, '2027-01-01', 'p', 9"
            " from generate_series(1, %s) n",
            (rung,),
        )
    found = await bells.of("o1").found_by_index("tones = %(tones)s", tones=9).hits(pool)
    assert ("hits" in found.values) is by_key
    assert len(await found.many(pool, OLDEST)) == rung


def test_two_conditions_do_not_share_a_value_by_accident() -> None:
    with pytest.raises(ValueError, match="already called least"):
        bells.of("o1").where("tones > %(least)s", least=1).where("tones < %(least)s", least=2)


async def test_filters_that_were_not_chosen_narrow_nothing(pool: Pool) -> None:
    found = await bells.of("o1").filtered({"town": None, "tones": 2}).many(pool, OLDEST)
    assert [bell.bell_id for bell in found] == ["b2"]
    assert len(await bells.of("o1").filtered({"town": "PARIS"}).many(pool, OLDEST)) == 3


@pytest.mark.parametrize(("order", "ids"), [(OLDEST, "b1 b2 b3"), (LATEST, "b3 b2 b1")])
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_follow_each_other(pool: Pool, order: object, ids: str, limit: int) -> None:
    assert order in (OLDEST, LATEST)
    walked: list[Bell] = []
    after = None
    while page := await bells.of("o1").page(pool, order, after, limit):
        assert len(page) <= limit
        walked += page
        after = order.read(order.cursor(page[-1]))
    assert [bell.bell_id for bell in walked] == ids.split()


def test_a_cursor_holds_the_key_of_a_row() -> None:
    bell = Bell("b1", NOON + timedelta(microseconds=1), "Paris", 1)
    assert OLDEST.read(OLDEST.cursor(bell)) == (bell.at, "b1")
    assert BY_TONES.read(BY_TONES.cursor(bell)) == (1,)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadCursor):
        LATEST.read(OLDEST.cursor(Bell("b1", NOON, "Paris", 1)))


def test_an_order_is_of_columns_that_the_rows_have() -> None:
    with pytest.raises(KeyError):
        bells.order("none", "colour")


def test_a_question_about_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="bells has no column colour"):
        bells.of("o1", colour="red")
