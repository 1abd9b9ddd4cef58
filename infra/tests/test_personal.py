"""Personal data is unreadable wherever it is stored, and for everybody once it is forgotten."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import DataError

from contracts.common_v1 import Point
from contracts.missions import driver_v1
from contracts.missions.driver_v1 import DriverEvent, DriverRegistered, HomeChanged, PhoneChanged
from contracts.runtime import DecodeError, message_class
from infra.personal import (
    Codec,
    Encoded,
    Keyring,
    SubjectIsForgotten,
    SubjectKey,
    UnknownMasterKey,
)
from infra.store import Append, NewEvent
from infra.telemetry import REGISTRY
from infra.tests.make import MASTERS, NOON, pool_of, store_of

EVENT_ID = UUID(int=1)
HOME = Point(latitude=48.8566, longitude=2.3522)


def registered(driver_id: str = "d-1") -> DriverRegistered:
    return DriverRegistered(
        driver_id=driver_id,
        organisation_id="org",
        name="Ada Lovelace",
        phone="+33612345678",
        registered_at=NOON,
    )


def moved(driver_id: str = "d-1") -> HomeChanged:
    return HomeChanged(
        driver_id=driver_id,
        street="12 rue des Lilas",
        postal_code="75020",
        city="Paris",
        location=HOME,
        changed_at=NOON,
    )


def rung(driver_id: str) -> PhoneChanged:
    return PhoneChanged(driver_id=driver_id, phone="+33698765432", changed_at=NOON)


def counted(type: str) -> float:
    """The values of events of a type that were read as sealed by another key so far."""
    return REGISTRY.get_sample_value("relais_personal_other_key_total", {"type": type}) or 0


@asynccontextmanager
async def keyring_of(
    database: str, masters: Mapping[str, bytes] = MASTERS
) -> AsyncIterator[Keyring]:
    """A keyring with connections of its own: what another process would hold."""
    async with pool_of(database) as pool:
        keyring = Keyring(pool, masters)
        await keyring.migrate()
        yield keyring


@pytest.fixture
async def keyring(database: str) -> AsyncIterator[Keyring]:
    async with keyring_of(database) as keyring:
        yield keyring


@pytest.fixture
def codec(keyring: Keyring) -> Codec[DriverEvent]:
    return Codec(driver_v1.contract, keyring)


async def sealed(codec: Codec[DriverEvent], event: DriverEvent) -> Encoded:
    [encoded] = await codec.encode([(EVENT_ID, event)])
    return encoded


async def opened(codec: Codec[DriverEvent], encoded: Encoded) -> DriverEvent:
    [event] = await codec.decode([encoded])
    return event


class TestSealing:
    async def test_events_come_back_as_they_were(self, codec: Codec[DriverEvent]) -> None:
        events: list[DriverEvent] = [registered(), moved(), rung("d-2")]
        encoded = await codec.encode([(uuid4(), event) for event in events])
        assert await codec.decode(encoded) == events

    async def test_no_stored_byte_tells_who_it_is_about(
        self, codec: Codec[DriverEvent], database: str
    ) -> None:
        encoded = await codec.encode([(uuid4(), registered()), (uuid4(), moved())])
        async with store_of(database) as store:
            events = [NewEvent(e.event_id, e.type, e.data, {}, NOON) for e in encoded]
            await store.append(Append("driver-d-1", 0, events))
            async with store.pool.connection() as connection:
                cursor = await connection.execute("select event::text, data from es.event event")
                rows = await cursor.fetchall()
        texts = [b"Ada", b"Lovelace", b"612345678", b"Lilas", b"75020", b"Paris"]
        for plain in [*texts, struct.pack("<d", HOME.latitude), struct.pack("<d", HOME.longitude)]:
            assert not any(plain in data or plain.hex() in text for text, data in rows)
            assert not any(plain in text.encode() for text, _ in rows)

    async def test_the_same_words_are_never_sealed_alike(self, codec: Codec[DriverEvent]) -> None:
        assert await sealed(codec, registered()) != await sealed(codec, registered())

    async def test_two_processes_agree_on_a_new_key(self, database: str) -> None:
        drivers = [f"d-{n}" for n in range(20)]
        async with keyring_of(database) as first, keyring_of(database) as second:
            codecs = [Codec(driver_v1.contract, ring) for ring in (first, second)]
            both = await asyncio.gather(
                *(codec.encode([(EVENT_ID, rung(d)) for d in drivers]) for codec in codecs)
            )
            for codec, encoded in zip(codecs, reversed(both), strict=True):
                assert await codec.decode(encoded) == [rung(d) for d in drivers]

    async def test_a_name_that_cannot_be_stored_hurts_nobody_else(
        self, codec: Codec[DriverEvent]
    ) -> None:
        bad, good = await asyncio.gather(
            sealed(codec, rung("d-\0")), sealed(codec, rung("d-1")), return_exceptions=True
        )
        assert isinstance(bad, DataError)
        assert isinstance(good, Encoded)


class TestForgetting:
    @pytest.mark.requirement("FLB-123")
    async def test_what_was_recorded_turns_into_xs(
        self, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        encoded = await codec.encode([(uuid4(), registered()), (uuid4(), moved())])
        await keyring.forget("d-1", "operator")
        assert await codec.decode(encoded) == [
            DriverRegistered(
                driver_id="d-1",
                organisation_id="org",
                name="XXXX",
                phone="XXXX",
                registered_at=NOON,
            ),
            HomeChanged(
                driver_id="d-1",
                street="XXXX",
                postal_code="XXXX",
                city="XXXX",
                location=None,
                changed_at=NOON,
            ),
        ]

    async def test_others_stay_readable(self, codec: Codec[DriverEvent], keyring: Keyring) -> None:
        encoded = await sealed(codec, registered("d-2"))
        await keyring.forget("d-1", "operator")
        assert await opened(codec, encoded) == registered("d-2")

    async def test_every_process_forgets_at_once(
        self, codec: Codec[DriverEvent], keyring: Keyring, database: str
    ) -> None:
        encoded = await sealed(codec, rung("d-1"))
        await opened(codec, encoded)
        async with keyring_of(database) as other:
            await other.forget("d-1", "operator")
        assert await opened(codec, encoded) == PhoneChanged(
            driver_id="d-1", phone="XXXX", changed_at=NOON
        )

    @pytest.mark.parametrize("known_before", [True, False])
    async def test_nothing_more_is_recorded_about_somebody_forgotten(
        self, codec: Codec[DriverEvent], keyring: Keyring, known_before: bool
    ) -> None:
        if known_before:
            await sealed(codec, registered())
        await keyring.forget("d-1", "operator")
        with pytest.raises(SubjectIsForgotten, match="d-1"):
            await sealed(codec, rung("d-1"))

    async def test_the_key_is_gone_from_its_row(
        self, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        await sealed(codec, registered())
        await keyring.forget("d-1", "operator")
        async with keyring.pool.connection() as connection:
            cursor = await connection.execute("select wrapped from keys.subject")
            assert await cursor.fetchall() == [(None,)]

    async def test_the_ledger_keeps_who_asked_first(self, keyring: Keyring) -> None:
        first = await keyring.forget("d-1", "operator")
        assert await keyring.forget("d-1", "somebody else") == first
        assert first.requested_by == "operator"


class TestMoving:
    """A sealed value opens only where it was sealed."""

    async def test_to_another_event(self, codec: Codec[DriverEvent]) -> None:
        encoded = await sealed(codec, registered())
        with pytest.raises(DecodeError, match="does not open"):
            await opened(codec, replace(encoded, event_id=UUID(int=2)))

    async def test_to_another_field(self, codec: Codec[DriverEvent]) -> None:
        encoded = await sealed(codec, registered())
        message = message_class("relais.missions.driver.v1.DriverRegistered").FromString(
            encoded.data
        )
        message.name.sealed, message.phone.sealed = message.phone.sealed, message.name.sealed
        with pytest.raises(DecodeError, match="does not open"):
            await opened(codec, replace(encoded, data=message.SerializeToString()))

    async def test_to_the_same_field_of_another_type(self, codec: Codec[DriverEvent]) -> None:
        home, driver = await sealed(codec, moved()), await sealed(codec, registered())
        message = message_class("relais.missions.driver.v1.HomeChanged").FromString(home.data)
        phone = message_class("relais.missions.driver.v1.DriverRegistered").FromString(driver.data)
        message.city.sealed = phone.phone.sealed
        with pytest.raises(DecodeError, match="field 4 does not open"):
            await opened(codec, replace(home, data=message.SerializeToString()))

    async def test_to_another_person(self, codec: Codec[DriverEvent]) -> None:
        [mine, _] = await codec.encode([(EVENT_ID, rung("d-1")), (EVENT_ID, rung("d-2"))])
        stolen = replace(mine, data=mine.data.replace(b"d-1", b"d-2"))
        assert await opened(codec, stolen) == replace(rung("d-2"), phone="XXXX")

    async def test_a_broken_seal_hurts_no_other_record(self, codec: Codec[DriverEvent]) -> None:
        good = await sealed(codec, registered())
        broken = replace(good, event_id=UUID(int=2))
        first, second = await codec.try_decode([broken, good])
        assert isinstance(first, DecodeError)
        assert second == registered()

    async def test_an_unknown_type_hurts_no_other_record(self, codec: Codec[DriverEvent]) -> None:
        good = await sealed(codec, registered())
        first, second = await codec.try_decode([replace(good, type="nobody.knows"), good])
        assert (str(first), second) == ("unknown event type 'nobody.knows'", registered())


class TestLostKeys:
    """A key that was lost makes nothing unreadable but what it sealed."""

    @staticmethod
    async def lose(keyring: Keyring) -> None:
        async with keyring.pool.connection() as connection:
            await connection.execute("delete from keys.subject")

    async def test_what_a_lost_key_sealed_reads_as_forgotten_beside_a_new_one(
        self, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        old = await codec.encode([(uuid4(), registered()), (uuid4(), moved())])
        await self.lose(keyring)
        new = await codec.encode([(uuid4(), rung("d-1"))])
        first, second, third = await codec.decode([*old, *new])
        assert first == replace(registered(), name="XXXX", phone="XXXX")
        assert second == replace(
            moved(), street="XXXX", postal_code="XXXX", city="XXXX", location=None
        )
        assert third == rung("d-1")

    async def test_how_much_reads_so_is_counted(
        self, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        old = await codec.encode([(uuid4(), registered()), (uuid4(), registered())])
        await self.lose(keyring)
        new = await sealed(codec, registered())
        before = counted(new.type)
        await codec.decode([*old, new])
        assert counted(new.type) - before == 4

    async def test_what_its_own_key_sealed_and_somebody_broke_is_not_forgotten(
        self, codec: Codec[DriverEvent]
    ) -> None:
        good = await sealed(codec, rung("d-1"))
        message = message_class("relais.missions.driver.v1.PhoneChanged").FromString(good.data)
        message.phone.sealed = message.phone.sealed[:-1] + bytes([message.phone.sealed[-1] ^ 1])
        with pytest.raises(DecodeError, match="does not open"):
            await opened(codec, replace(good, data=message.SerializeToString()))

    def test_a_value_of_a_release_before_opens(self) -> None:
        key, nonce = b"k" * 32, b"n" * 12
        before = nonce + AESGCM(key).encrypt(nonce, b"Ada", b"here")
        assert SubjectKey(key).unseal(before, b"here") == b"Ada"

    def test_a_release_before_opens_a_value(self) -> None:
        key = b"k" * 32
        value = SubjectKey(key).seal(b"Ada", b"here")
        assert AESGCM(key).decrypt(value[:12], value[12:], b"here") == b"Ada"


class TestMasterKeys:
    @pytest.fixture
    async def written(self, codec: Codec[DriverEvent]) -> Encoded:
        """Somebody's event, sealed while m1 was the master key."""
        return await sealed(codec, registered())

    async def test_a_new_one_wraps_and_the_old_one_unwraps(
        self, written: Encoded, database: str
    ) -> None:
        async with keyring_of(database, {"m2": b"2" * 32, **MASTERS}) as rotated:
            codec = Codec(driver_v1.contract, rotated)
            assert await opened(codec, written) == registered()
            await sealed(codec, registered("d-2"))
            async with rotated.pool.connection() as connection:
                cursor = await connection.execute(
                    "select master from keys.subject order by subject"
                )
                assert await cursor.fetchall() == [("m1",), ("m2",)]

    @pytest.mark.parametrize("masters", [{"m1": b"x" * 32}, {"m2": b"2" * 32}])
    async def test_without_the_right_one_nothing_opens(
        self, written: Encoded, database: str, masters: Mapping[str, bytes]
    ) -> None:
        async with keyring_of(database, masters) as blind:
            with pytest.raises(UnknownMasterKey, match="m1"):
                await opened(Codec(driver_v1.contract, blind), written)

    async def test_a_key_that_does_not_open_hurts_nobody_else(
        self, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        events = [await sealed(codec, registered(driver)) for driver in ("d-1", "d-2")]
        async with keyring.pool.connection() as connection:
            await connection.execute(
                "update keys.subject set master = 'lost' where subject = 'd-1'"
            )
        bad, good = await asyncio.gather(
            *(opened(codec, each) for each in events), return_exceptions=True
        )
        assert isinstance(bad, UnknownMasterKey)
        assert good == registered("d-2")

    async def test_a_key_does_not_open_in_the_row_of_somebody_else(
        self, written: Encoded, codec: Codec[DriverEvent], keyring: Keyring
    ) -> None:
        other = await sealed(codec, registered("d-2"))
        async with keyring.pool.connection() as connection:
            await connection.execute(
                "update keys.subject set wrapped = (select wrapped from keys.subject"
                " where subject = 'd-1') where subject = 'd-2'"
            )
        assert await opened(codec, written) == registered()
        with pytest.raises(UnknownMasterKey, match="d-2"):
            await opened(codec, other)
