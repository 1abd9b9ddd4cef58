"""Lists are searched by what people type, and by distance, with an index behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import isclose, pi

import pytest
import pytest_asyncio

from infra.database import Pool, open_pool
from infra.reading import Table
from infra.searching import (
    EARTH_KM,
    INDEX,
    KEPT,
    MOST_WORDS,
    away_km,
    box,
    distance_km,
    filed_under,
    question,
    sought,
    telling,
    words,
)

SAINT_ETIENNE = words("Saint-Étienne", "42000")
ISLE = words("L\u2019Isle-d\u2019Abeau", "38080")


@dataclass(frozen=True, slots=True)
class Town:
    """A town with its words."""

    town: str
    search: str


towns = Table(Town, "shop.towns")
BY_NAME = towns.order("name", "town")

_SHOP = f"""
create schema shop;
create table shop.towns (town text, organisation_id text, search text,
  latitude double precision, longitude double precision, {KEPT.format(column="search")});
create index towns_words on shop.towns {INDEX.format(column="search")};
create index towns_places on shop.towns (latitude, longitude);
"""
TOWNS = {
    "Saint-Étienne": ("42000", 45.44, 4.39),
    "Sainte-Mère-Église": ("50480", 49.41, -1.32),
    "L\u2019Isle-d\u2019Abeau": ("38080", 45.62, 5.23),
    "Strasbourg": ("67000", 48.58, 7.75),
    "Bœrsch": ("67530", 48.48, 7.44),
}


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    made = await open_pool(database, 2, "test")
    async with made.connection() as connection:
        await connection.execute(_SHOP.encode())
        for town, (code, latitude, longitude) in TOWNS.items():
            await connection.execute(
                "insert into shop.towns values (%s, 'o1', %s, %s, %s)",
                (town, words(town, code), latitude, longitude),
            )
    yield made
    await made.close()


FOUND: list[tuple[str, str]] = [
    ("saint etienne", "Saint-Étienne"),
    ("etienne saint", "Saint-Étienne"),
    ("St-Etienne", "Saint-Étienne"),
    ("st. étienne", "Saint-Étienne"),
    ("saintetienne", "Saint-Étienne"),
    ("SAINT-ÉTIENNE 42", "Saint-Étienne"),
    ("42000", "Saint-Étienne"),
    ("ste mere eglise", "Sainte-Mère-Église"),
    ("sainte-mère", "Sainte-Mère-Église"),
    ("l'isle d'abeau", "L\u2019Isle-d\u2019Abeau"),
    ("l\u2019isle", "L\u2019Isle-d\u2019Abeau"),
    ("lisle", "L\u2019Isle-d\u2019Abeau"),
    ("abeau isle", "L\u2019Isle-d\u2019Abeau"),
    ("boersch", "Bœrsch"),
    ("BŒRSCH", "Bœrsch"),
    ("stras", "Strasbourg"),
]


@pytest.mark.parametrize(("typed", "town"), FOUND)
async def test_a_town_is_found_however_it_is_typed(pool: Pool, typed: str, town: str) -> None:
    found = await towns.of("o1").searched(typed).many(pool, BY_NAME)
    assert [row.town for row in found] == [town]


async def names(pool: Pool, *typed: str) -> list[str]:
    """The towns that are found by one of these forms."""
    return [row.town for row in await towns.of("o1").searched(*typed).many(pool, BY_NAME)]


@pytest.mark.parametrize(
    "letter", ["x", "\u3316", "\U00020000"], ids=["ASCII", "six of one", "four bytes"]
)
async def test_a_word_without_end_is_kept_and_found_by_its_beginning(
    pool: Pool, letter: str
) -> None:
    async with pool.connection() as connection:
        change = "update shop.towns set search = %s where town = 'Strasbourg'"
        await connection.execute(change, (words(letter * 4_000),))
    for typed in (letter, letter * 255, letter * 4_000):
        assert await names(pool, typed) == ["Strasbourg"]
    assert await names(pool, f"{letter}y") == []


async def test_short_words_still_count(pool: Pool) -> None:
    assert await names(pool, "xy etienne") == []
    assert await names(pool, "42 etienne") == ["Saint-Étienne"]


async def test_one_of_several_forms_is_enough(pool: Pool) -> None:
    assert await names(pool, "nancy", "67 strasbourg", "") == ["Strasbourg"]
    assert await names(pool, "boersch", "67 stras") == ["Bœrsch", "Strasbourg"]
    assert await names(pool, "nancy", "xy") == []


def test_a_form_without_a_short_word_is_compared_once() -> None:
    assert sought("etienne", "-", "étienne").values == {"telling_0": "'etienne':*"}
    assert sought("etienne").met_by("search").count("@@") == 1
    assert sought("42 etienne").met_by("search").count("@@") == 2
    assert not sought("", "-")


async def test_words_that_change_are_found_by_the_new_ones(pool: Pool) -> None:
    async with pool.connection() as connection:
        change = "update shop.towns set search = %s where town = 'Strasbourg'"
        await connection.execute(change, (words("Nancy"),))
    assert await names(pool, "strasbourg") == []
    assert await names(pool, "nan") == ["Strasbourg"]


@pytest.mark.parametrize(
    ("typed", "telling_words"),
    [("AB-700-CD", "'700':*"), ("06 12", "'06':* & '12':*"), ("zoé et léa", "'zoe':* & 'lea':*")],
)
def test_words_of_three_letters_tell(typed: str, telling_words: str) -> None:
    assert telling(typed) == telling_words


async def test_the_index_is_asked_for_telling_words_alone(pool: Pool) -> None:
    found = await plan(pool, sought("st etienne").met_by("search"), sought("st etienne").values)
    [line] = [one for one in found.splitlines() if "Index Cond" in one]
    assert "etienne" in line
    assert "saint" not in line


@pytest.mark.parametrize("typed", ["", " ", "-", "'", "%", "_", "(", ":*"])
async def test_without_a_word_everything_is_found(pool: Pool, typed: str) -> None:
    assert len(await towns.of("o1").searched(typed).many(pool, BY_NAME)) == len(TOWNS)


@pytest.mark.parametrize("typed", ["nancy", "saint nancy", "tienne", "4200 3", "o2", "x' | 'st"])
async def test_what_is_not_there_is_not_found(pool: Pool, typed: str) -> None:
    assert await towns.of("o1").searched(typed).many(pool, BY_NAME) == []


async def test_st_also_begins_other_words(pool: Pool) -> None:
    found = await towns.of("o1").searched("st").many(pool, BY_NAME)
    assert {row.town for row in found} == {"Saint-Étienne", "Sainte-Mère-Église", "Strasbourg"}


def test_words_are_kept_once_and_names_whole_too() -> None:
    assert words("e-208", "E-208", "ﬁat") == "e 208 e208 fiat"
    assert words("", " ") == ""


def test_only_so_many_words_count() -> None:
    assert question("a1 " * 5 + " ".join(f"w{n}" for n in range(50))).count("&") == MOST_WORDS - 1


async def plan(pool: Pool, condition: str, values: dict[str, object]) -> str:
    """How the database would find these, were the table large."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        cursor = await connection.execute(
            f"explain select from shop.towns where {condition}".encode(), values
        )
        return "\n".join(row[0] for row in await cursor.fetchall())


async def test_an_index_finds_words(pool: Pool) -> None:
    asked = sought("etienne", "42000 st")
    found = await plan(pool, asked.met_by("search"), asked.values)
    assert found.count("towns_words") == len(asked.forms)
    assert "string_to_array" not in found


async def test_an_index_finds_what_is_in_a_box(pool: Pool) -> None:
    near = box(45.5, 4.8, 50)
    values: dict[str, object] = {"south": near.south, "north": near.north}
    values |= {"west": near.west, "east": near.east}
    condition = (
        "latitude between %(south)s and %(north)s and longitude between %(west)s and %(east)s"
    )
    assert "Index Cond: ((latitude >=" in await plan(pool, condition, values)


@pytest.mark.parametrize(
    ("latitude", "longitude", "radius"),
    [(48.85, 2.35, 100.0), (0, 0, 1.0), (-45, 170, 500.0), (64, -22, 1000.0)],
)
async def test_a_box_holds_everything_within_the_distance_and_little_more(
    pool: Pool, latitude: float, longitude: float, radius: float
) -> None:
    near = box(latitude, longitude, radius)
    edges = [(near.north, longitude), (near.south, longitude)]
    edges += [(latitude, near.west), (latitude, near.east)]
    async with pool.connection() as connection:
        for edge in edges:
            cursor = await connection.execute(
                f"select {away_km('%s', '%s', '%s', '%s')}".encode(),
                (edge[0], latitude, latitude, edge[0], edge[1], longitude),
            )
            [(away,)] = await cursor.fetchall()
            assert isclose(away, distance_km(edge, (latitude, longitude)), rel_tol=1e-9)
            assert away >= radius
            assert isclose(away, radius, rel_tol=0.05)


@pytest.mark.parametrize(("latitude", "longitude"), [(89.9, 0), (-89.9, 10), (0, 179.9), (5, -180)])
def test_at_the_ends_of_the_map_a_box_goes_round(latitude: float, longitude: float) -> None:
    found = box(latitude, longitude, 100)
    assert (found.west, found.east) == (-180, 180)
    assert -90 <= found.south < found.north <= 90


@pytest.mark.parametrize(
    ("name", "filed"),
    [
        ("Éloïse d'Ys", "eloise d ys"),
        ("LE GALL-Œuvrard", "le gall oeuvrard"),
        ("", ""),
    ],
)
def test_a_name_is_put_in_order_without_accents_and_capitals(name: str, filed: str) -> None:
    assert filed_under(name) == filed


def test_the_other_side_of_the_earth_is_half_its_way_round() -> None:
    assert isclose(distance_km((90, 0), (-90, 0)), EARTH_KM * pi)
    assert distance_km((48.85, 2.35), (48.85, 2.35)) == 0
