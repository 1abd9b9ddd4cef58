"""Databases of one installation know each other, and those of others are found out at start."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from infra import installation
from infra.database import Pool, open_pool
from infra.identity import known_names, name_of, own_name
from infra.installation import (
    MARK,
    NotTogether,
    belong,
    look,
    objects_belong,
    objects_standing,
)
from infra.objects import KeptObjects, ObjectsAway, objects_of
from infra.personal import Keyring
from infra.settings import Settings
from infra.stack.postgres import PostgresServer
from infra.store import Append, NewEvent
from infra.store.postgres import PostgresStore
from infra.tests.consuming import NOON


@dataclass
class Part:
    """A database, empty but for its tables."""

    pool: Pool

    async def run(self, statement: str) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(statement.encode())


class Keys(Part):
    async def key(self, subject: str) -> None:
        await Keyring(self.pool, {"test": bytes(32)}).keys_to_write([subject])


class Store(Part):
    async def record(self, stream: str) -> None:
        event = NewEvent(uuid4(), "x", b"", {}, NOON)
        await PostgresStore(self.pool).append(Append(stream, 0, [event]))


@dataclass
class Site:
    """Makes databases, as an installation or a mistake would."""

    stack: AsyncExitStack
    server: PostgresServer

    async def pool(self) -> Pool:
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(f"create database {name} template template0".encode())
        self.stack.callback(self._drop, name)
        pool = await open_pool(self.server.url(name), 2, "part")
        self.stack.push_async_callback(pool.close)
        await installation.migrate(pool)
        return pool

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)".encode())

    async def keys(self) -> Keys:
        keys = Keys(await self.pool())
        await Keyring(keys.pool, {"test": bytes(32)}).migrate()
        return keys

    async def store(self) -> Store:
        store = Store(await self.pool())
        await PostgresStore(store.pool).migrate()
        return store


@pytest_asyncio.fixture
async def site(postgres: PostgresServer) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        yield Site(stack, postgres)


async def grown(site: Site) -> tuple[Keys, Store]:
    """Keys and a store of one installation that has worked for a while."""
    keys, store = await site.keys(), await site.store()
    await belong("missions", keys.pool, store.pool)
    await keys.key("ada")
    await store.record("trip-1")
    await look("missions", keys.pool, store.pool)
    return keys, store


async def test_a_first_start_makes_one_installation_and_the_next_finds_it(site: Site) -> None:
    keys, store, other = await site.keys(), await site.store(), await site.store()
    first = await belong("missions", keys.pool, store.pool)
    assert await belong("invoices", keys.pool, other.pool) == first
    assert await belong("missions", keys.pool, store.pool) == first


async def test_one_of_a_release_without_identity_becomes_one(site: Site) -> None:
    keys, store = await site.keys(), await site.store()
    await keys.key("ada")
    await store.record("trip-1")
    first = await belong("missions", keys.pool, store.pool)
    assert await belong("missions", keys.pool, store.pool) == first


async def test_events_without_keys_are_no_fresh_installation(site: Site) -> None:
    keys, store = await site.keys(), await site.store()
    await store.record("trip-1")
    with pytest.raises(NotTogether, match="the keys database is empty, and the store of missions"):
        await belong("missions", keys.pool, store.pool)


async def test_growing_on_is_no_trouble(site: Site) -> None:
    keys, store = await grown(site)
    await keys.key("bob")
    await store.record("trip-2")
    assert (await installation.standing("missions", keys.pool, store.pool)).trouble is None


Change = Callable[[Site, Keys, Store], Any]


async def empty_keys(site: Site, _: Keys, store: Store) -> tuple[Part, Part]:
    return await site.keys(), store


async def keys_of_another(site: Site, _: Keys, store: Store) -> tuple[Part, Part]:
    return (await grown(site))[0], store


async def older_keys(_: Site, keys: Keys, store: Store) -> tuple[Part, Part]:
    await keys.run("delete from keys.subject")
    return keys, store


async def empty_store(site: Site, keys: Keys, _: Store) -> tuple[Part, Part]:
    return keys, await site.store()


async def empty_views(site: Site, keys: Keys, _: Store) -> tuple[Part, Part]:
    return keys, Part(await site.pool())


async def store_of_another(site: Site, keys: Keys, _: Store) -> tuple[Part, Part]:
    return keys, (await grown(site))[1]


async def older_store(_: Site, keys: Keys, store: Store) -> tuple[Part, Part]:
    await store.run("delete from es.event")
    return keys, store


TROUBLES = [
    (empty_keys, "the keys are gone, or these are others"),
    (keys_of_another, "the keys database belongs to installation"),
    (older_keys, "the keys database is older than it was: it had 1 .* and has 0"),
    (empty_store, "its database is gone, or this is another one"),
    (empty_views, "its database is gone, or this is another one"),
    (store_of_another, "the keys database belongs to installation"),
    (older_store, "the store of missions is older than it was"),
]


@pytest.mark.parametrize(("change", "why"), TROUBLES, ids=[one.__name__ for one, _ in TROUBLES])
async def test_a_part_that_is_swapped_emptied_or_older_is_refused_until_it_is_adopted(
    site: Site, change: Change, why: str
) -> None:
    keys, store = await change(site, *await grown(site))
    for _ in range(2):  # To try again does not help.
        with pytest.raises(NotTogether, match=why) as refused:
            await belong("missions", keys.pool, store.pool)
        assert "relais adopt" in str(refused.value)
    adopted = await installation.adopt("missions", keys.pool, store.pool)
    assert await belong("missions", keys.pool, store.pool) == adopted


async def test_keys_that_are_gone_become_those_of_the_store_whose_records_are_out(
    site: Site,
) -> None:
    keys, store = await grown(site)
    identity = await belong("missions", keys.pool, store.pool)
    others = await site.keys()
    assert await installation.adopt("missions", others.pool, store.pool) == identity
    assert await known_names(others.pool) == {name_of(identity)}
    assert await own_name("missions", store.pool) == name_of(identity)


async def test_a_part_of_another_is_known_by_the_name_it_had_once_it_is_adopted(
    site: Site,
) -> None:
    (keys, _), (theirs, store) = await grown(site), await grown(site)
    ours, before = [name for each in (keys, theirs) for name in await known_names(each.pool)]
    await installation.adopt("missions", keys.pool, store.pool)
    assert await known_names(keys.pool) == {ours, before}
    assert await own_name("missions", store.pool) == ours


async def test_who_is_of_no_installation_has_no_name(site: Site) -> None:
    keys, store = await site.keys(), await site.store()
    assert await known_names(keys.pool) == frozenset()
    assert await own_name("missions", store.pool) == ""
    await store.run("drop schema relais cascade")
    assert await own_name("missions", store.pool) == ""


async def test_a_look_at_a_part_that_is_older_hides_nothing(site: Site) -> None:
    keys, store = await grown(site)
    await keys.run("delete from keys.subject")
    await look("missions", keys.pool, store.pool)
    with pytest.raises(NotTogether, match="older"):
        await belong("missions", keys.pool, store.pool)


async def test_somebody_forgotten_counts_as_progress(site: Site) -> None:
    keys, store = await grown(site)
    await Keyring(keys.pool, {"test": bytes(32)}).forget("ada", "ada")
    await look("missions", keys.pool, store.pool)
    await keys.run("update keys.subject set wrapped = 'x', forgotten_at = null")
    with pytest.raises(NotTogether, match="it had 2 keys made and destroyed, and has 1"):
        await belong("missions", keys.pool, store.pool)


async def test_keys_made_and_destroyed_are_counted_as_they_come(site: Site) -> None:
    keys, store = await site.keys(), await site.store()
    ring = Keyring(keys.pool, {"test": bytes(32)})

    async def reached() -> int:
        return (await installation.standing("missions", keys.pool, store.pool)).keys_reached

    assert await reached() == 0
    await ring.keys_to_write(["ada", "bob"])
    await ring.keys_to_write(["ada", "eve"])
    assert await reached() == 3
    for subject in ("ada", "ada", "nobody"):
        await ring.forget(subject, "somebody")
    assert await reached() == 6


async def test_keys_of_a_release_that_counted_none_are_counted_too(site: Site) -> None:
    keys, store = await site.keys(), await site.store()
    await keys.key("ada")
    await Keyring(keys.pool, {"test": bytes(32)}).forget("bob", "bob")
    await keys.run("drop table keys.reached; drop function keys.count cascade")
    before = await installation.standing("missions", keys.pool, store.pool)
    await keys.run("delete from relais.step where part = 'keys' and number = 2")
    await Keyring(keys.pool, {"test": bytes(32)}).migrate()
    await keys.key("eve")
    after = await installation.standing("missions", keys.pool, store.pool)
    assert (before.keys_reached, after.keys_reached) == (3, 4)


async def test_looking_costs_the_same_however_many_keys_there_are(site: Site) -> None:
    keys, store = await grown(site)
    await keys.run("alter table keys.subject rename to hidden")
    await look("missions", keys.pool, store.pool)
    assert (await installation.standing("missions", keys.pool, store.pool)).trouble is None


class TestObjects:
    async def test_a_fresh_store_is_marked_and_known_from_then_on(
        self, site: Site, tmp_path: Path
    ) -> None:
        keys, store = await grown(site)
        objects = kept(tmp_path)
        identity = await belong("missions", keys.pool, store.pool)
        await objects.put("files/a", b"of a release without marks")
        for _ in range(2):
            await objects_belong("missions", objects, keys.pool, store.pool)
        standing = await objects_standing("missions", objects, keys.pool, store.pool)
        assert (standing.mark, standing.member) == (str(identity), True)

    async def test_one_without_facts_may_be_empty(self, site: Site, tmp_path: Path) -> None:
        keys, store = await site.keys(), await site.store()
        await belong("missions", keys.pool, store.pool)
        await objects_belong("missions", kept(tmp_path), keys.pool, store.pool)
        assert not await kept(tmp_path).is_empty()

    async def test_an_empty_one_beside_facts_is_found(self, site: Site, tmp_path: Path) -> None:
        keys, store = await grown(site)
        with pytest.raises(NotTogether, match="is empty, and the store of missions has events"):
            await objects_belong("missions", kept(tmp_path), keys.pool, store.pool)
        assert await kept(tmp_path).is_empty()

    async def test_one_that_was_emptied_or_is_another_is_found(
        self, site: Site, tmp_path: Path
    ) -> None:
        keys, store = await site.keys(), await site.store()
        await belong("missions", keys.pool, store.pool)
        await objects_belong("missions", kept(tmp_path / "a"), keys.pool, store.pool)
        another = kept(tmp_path / "b")
        await another.put("files/a", b"of somebody")
        with pytest.raises(NotTogether, match="has no mark"):
            await objects_belong("missions", another, keys.pool, store.pool)

    async def test_one_of_another_installation_is_found_until_it_is_adopted(
        self, site: Site, tmp_path: Path
    ) -> None:
        keys, store = await grown(site)
        objects, other = kept(tmp_path), str(uuid4())
        await objects.put(MARK, other.encode())
        with pytest.raises(NotTogether, match=f"belongs to installation {other}") as found:
            await objects_belong("missions", objects, keys.pool, store.pool)
        assert "`relais adopt objects`" in str(found.value)
        await installation.adopt_objects(objects, keys.pool)
        await objects_belong("missions", objects, keys.pool, store.pool)

    async def test_one_that_does_not_answer_stops_nobody(self, site: Site) -> None:
        keys, store = await grown(site)
        away = objects_of(
            Settings.model_validate(
                {"objects": "s3://relais/r", "s3_endpoint": "http://127.0.0.1:9", "s3_key": "k"}
            )
        )
        await objects_belong("missions", away, keys.pool, store.pool)
        with pytest.raises(ObjectsAway):
            await objects_standing("missions", away, keys.pool, store.pool)


def kept(folder: Path) -> KeptObjects:
    return objects_of(Settings(home=folder))
