"""The metadata of an event is kept in columns, and comes back as it was given."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from infra.store import Append
from infra.store.metadata import given, kept
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING, outgoing
from infra.tests.make import NOON, event, store_of

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
HEX = ID.replace("-", "")
USUAL = {
    "command": ID,
    "correlation": HEX,
    "causation": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "actor": "driver-17",
    "organisation": "atlas",
    "fingerprint": "0123456789abcdef" * 2,
    "traceparent": f"00-{HEX}-0123456789abcdef-01",
}


def back(meta: dict[str, Any]) -> object:
    """The metadata made again of its columns; None when JSON was needed."""
    columns = kept(meta)
    return given(*columns[:-1], rest=None) if columns.rest is None else None


class TestColumns:
    def test_what_every_event_has_needs_no_json(self) -> None:
        assert back(USUAL) == USUAL

    def test_metadata_that_lacks_something_lacks_it_afterwards(self) -> None:
        for key in USUAL.keys() - {"causation"}:
            lacking = {name: value for name, value in USUAL.items() if name != key}
            assert back(lacking) == lacking

    def test_a_command_that_came_from_outside_is_its_own_cause(self) -> None:
        asked = USUAL | {"causation": ID}
        assert (kept(asked).causation, back(asked)) == (None, asked)
        odd = {"command": "relais", "causation": "relais"}
        assert given(*kept(odd)[:-1], rest=odd) == odd

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("command", HEX),
            ("causation", HEX),
            ("command", ID.upper()),
            ("correlation", ID),
            ("correlation", "timer:trip-1/expiry"),
            ("causation", "relais work"),
            ("actor", 17),
            ("fingerprint", "q" * 43),
            ("fingerprint", "AB" * 32),
            ("traceparent", "00-0-0-01"),
            ("redacted", ID),
        ],
    )
    def test_another_form_is_kept_as_json(self, key: str, value: object) -> None:
        columns = kept(USUAL | {key: value})
        assert columns.rest is not None
        assert list(json.loads(columns.rest).items()) == [(key, value)]


class TestInTheStore:
    @pytest.fixture
    async def store(self, database: str, way: type[PostgresStore]) -> AsyncIterator[PostgresStore]:
        async with store_of(database, way) as store:
            yield store

    @pytest.mark.parametrize(
        "meta",
        [
            USUAL,
            USUAL | {"causation": ID},
            {},
            USUAL | {"correlation": "timer:trip-1/expiry", "redacted": "x", "n": [1, None]},
        ],
    )
    async def test_it_is_read_as_it_was_appended(
        self, store: PostgresStore, meta: dict[str, Any]
    ) -> None:
        await store.append(Append("trip-1", 0, [replace(event(), meta=meta)]))
        [found] = await store.read("trip-1")
        assert found.meta == meta
        async with store.pool.connection() as connection:
            cursor = await connection.execute("select meta from es.event where stream = 'trip-1'")
            assert await cursor.fetchall() == [(meta,)]
        assert await store.outgoing(BEGINNING, 9) == [outgoing(found)]

    async def test_an_event_that_an_older_release_wrote_is_read(self, store: PostgresStore) -> None:
        one = event()
        async with store.pool.connection() as connection:
            await connection.execute(
                "select es.append_one('trip-1', 0, null, %s, %s, %s,"
                ' \'{"actor": "ada", "fingerprint": "00"}\', %s)',
                (one.event_id, one.type, one.data, NOON),
            )
        [found] = await store.read("trip-1")
        assert (found.event_id, found.type, found.data) == (one.event_id, one.type, one.data)
        assert (found.meta, found.occurred_at) == ({"actor": "ada", "fingerprint": "00"}, NOON)
