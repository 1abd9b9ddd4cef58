"""No event is recorded with a text that a database of ours cannot hold."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import TripEvent
from infra.personal import Codec, Keyring
from infra.tests.consuming import published, quoted
from infra.tests.make import MASTERS, pool_of
from infra.texts import UnstorableText

STOP = published().departure
REFUSED = [
    (replace(quoted(), comment="a\0b"), "comment"),
    (replace(quoted(), comment="\ud800"), "comment"),
    (replace(published(), client_brand="é\0"), "client_brand"),
    (replace(published(), client_brand="a\udfff"), "client_brand"),
    (replace(published(), tags=("good", "\0")), "tags/1"),
    (replace(published(), departure=replace(STOP, city="\0")), "departure/city"),
]
TAKEN = [
    replace(quoted(), comment="\\u0000 \x01 \ud7ff \ue000 \U0001f600"),
    replace(published(), client_brand="Citroën", tags=("",)),
]


async def written(database: str, event: TripEvent) -> list[TripEvent]:
    """The event as it is read again after it was encoded."""
    async with pool_of(database) as pool:
        codec = Codec(trip_v1.contract, Keyring(pool, MASTERS))
        return await codec.decode(await codec.encode([(UUID(int=1), event)]))


@pytest.mark.parametrize(("event", "field"), REFUSED, ids=[field for _, field in REFUSED])
async def test_an_event_with_a_nul_or_half_a_letter_is_not_encoded(
    database: str, event: TripEvent, field: str
) -> None:
    with pytest.raises(UnstorableText) as refused:
        await written(database, event)
    assert refused.value.field == field


@pytest.mark.parametrize("event", TAKEN, ids=["sealed", "plain"])
async def test_every_other_text_comes_back_as_it_was(database: str, event: TripEvent) -> None:
    assert await written(database, event) == [event]
