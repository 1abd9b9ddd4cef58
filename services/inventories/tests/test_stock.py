"""Where parcels are, as the topics of a depot tell it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.testing.following import follow
from services.inventories.adapters.stock import IN_FLOW, places
from services.inventories.inventory.counting import Place, Whereabouts
from services.inventories.tests.depot import (
    EVENING,
    MORNING,
    approved,
    check_undone,
    checked_out,
    composed,
    exit_undone,
    left_again,
    planned,
    prepared,
    registered,
    returned,
    scanned,
    sent_back,
    shelved,
    verified,
)
from services.inventories.tests.serving import Caller, served

HERE, UNSURE, AWAY = Whereabouts.HERE, Whereabouts.UNSURE, Whereabouts.AWAY
OPENED = EVENING.replace(day=2)
OUT = (registered("1", "A-01"), scanned("1", "A-01"), composed("1", "A-01"), checked_out("1"))
BACK = (*OUT, returned("1", "A-01"))
KEPT = (*BACK, approved("1", "A-01"))


def at(
    where: Whereabouts, since: datetime, who: str | None, shelf: str | None = None, order: str = "1"
) -> Place:
    return Place(order_id=order, where=where, since=since, shelf=shelf, custodian_id=who)


async def found(api: Caller, *codes: str, opened_at: datetime = OPENED) -> dict[str, Place]:
    return dict(await places(api.running.pool, "maarif", codes, opened_at))


@pytest.mark.parametrize(
    ("events", "place"),
    [
        (OUT[:1], at(UNSURE, MORNING, None)),
        (OUT[:2], at(HERE, MORNING, "omar")),
        ((OUT[0], planned("1", "A-01")), at(UNSURE, MORNING, None)),
        ((OUT[0], planned("1", "A-01"), verified("A-01")), at(HERE, MORNING, "hind")),
        ((*OUT[:1], prepared("1", "A-01")), at(UNSURE, MORNING, None)),
        (OUT[:3], at(HERE, MORNING, "omar")),
        (OUT, at(AWAY, MORNING, "karim")),
        ((*OUT, exit_undone("1")), at(HERE, MORNING, "omar")),
        ((*OUT[:3], checked_out("1", "A-01")), at(UNSURE, MORNING, "karim")),
        (BACK, at(UNSURE, EVENING, "karim")),
        (KEPT, at(HERE, EVENING, "hind")),
        ((*KEPT, shelved("1", "A-01")), at(HERE, EVENING, "omar", "B-12")),
        ((*KEPT, check_undone("1")), at(UNSURE, EVENING, "karim")),
        ((*KEPT, left_again("1")), at(AWAY, EVENING, "samir")),
        ((*KEPT, sent_back("1")), at(UNSURE, EVENING, "karim")),
    ],
    ids=[
        *("registered", "scanned", "to be picked up", "picked up", "not found", "on a tour"),
        *("out", "exit undone", "stayed", "back", "approved", "shelved", "check undone"),
        *("out again", "back to its sender"),
    ],
)
async def test_a_parcel_is_where_it_was_told_to_be_last(
    database: str, events: tuple[Any, ...], place: Place
) -> None:
    async with served(database) as api:
        await follow(api.running, *events)
        assert await found(api, "A-01") == {"A-01": place}


async def test_what_is_in_the_depot_is_found_without_its_code(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, *KEPT, registered("2", "B-02"), scanned("2", "B-02"))
        await follow(api.running, registered("3", "C-03"), planned("3", "C-03"), verified("C-03"))
        await follow(api.running, registered("4", "D-04"), scanned("4", "D-04"))
        await follow(api.running, composed("4", "D-04"), checked_out("4"))
        assert set(await found(api)) == {"A-01", "B-02", "C-03"}


async def test_what_was_scanned_long_ago_and_never_left_is_not_expected(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, registered("1", "A-01"), scanned("1", "A-01"))
        last = MORNING + IN_FLOW
        assert set(await found(api, opened_at=last)) == {"A-01"}
        later = datetime(last.year, last.month, last.day, 23, tzinfo=UTC)
        assert await found(api, opened_at=later) == {}
        assert set(await found(api, "A-01", opened_at=later)) == {"A-01"}


async def test_parcels_of_other_depots_are_unknown(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, registered("1", "A-01", organisation="elsewhere"))
        await follow(api.running, scanned("1", "A-01"))
        assert await found(api, "A-01") == {}
