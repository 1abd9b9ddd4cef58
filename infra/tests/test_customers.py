"""The channels by which customers may be written to: by what they blocked and said (FLB-121)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import APIRouter

from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    ConsentGiven,
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChannel,
    CustomerErased,
    CustomerRecorded,
    CustomersMerged,
    MergeUndone,
)
from infra.host import Service, opened
from infra.lookups import Lookups, customers
from infra.lookups.customers import Open
from infra.testing.following import follow
from infra.testing.serving import prepare, settings_of

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
OFFERS, CASES = ConsentPurpose.OFFERS, ConsentPurpose.CASES
service = Service(
    name="asking",
    routes=lambda _: APIRouter(),
    lookups=(customers.lookup,),
)


def recorded(id: str) -> CustomerRecorded:
    return CustomerRecorded(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        title=None,
        last_name="Lefèvre",
        first_name=None,
        email=None,
        phone=None,
        language=None,
        case_id=None,
        recorded_by="nadia",
        recorded_at=NOON,
    )


def blocked(id: str, *, sms: bool) -> ChannelsBlocked:
    return ChannelsBlocked(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        sms=sms,
        email=False,
        blocked_by="nadia",
        blocked_at=NOON,
    )


def given(id: str, purpose: ConsentPurpose, minute: int = 0) -> ConsentGiven:
    return ConsentGiven(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        consent_id=f"given-{minute}",
        purpose=purpose,
        channel=CustomerChannel.EMAIL,
        source=ConsentSource.PAPER_FORM,
        wording="Oui.",
        wording_version="1",
        recorded_by="nadia",
        given_at=NOON + timedelta(minutes=minute),
    )


def withdrawn(id: str, purpose: ConsentPurpose, minute: int) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        consent_id=f"withdrawn-{minute}",
        purpose=purpose,
        channel=CustomerChannel.EMAIL,
        source=ConsentSource.PHONE_CALL,
        wording="Non.",
        wording_version="1",
        recorded_by="nadia",
        withdrawn_at=NOON + timedelta(minutes=minute),
    )


def merged(id: str, into: str) -> CustomersMerged:
    return CustomersMerged(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        survivor_id=into,
        merged_by="karim",
        merged_at=NOON,
    )


def undone(id: str, of: str) -> MergeUndone:
    return MergeUndone(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        survivor_id=of,
        undone_by="karim",
        undone_at=NOON,
    )


def erased(id: str) -> CustomerErased:
    return CustomerErased(
        customer_id=id,
        organisation_id="lumiere",
        dealership_id="lyon",
        contact_ids=(),
        case_ids=(),
        with_customer_id=None,
        merged_customer_ids=(),
        erased_by="karim",
        erased_at=NOON,
    )


@asynccontextmanager
async def knowing(database: str, *events: Any) -> AsyncIterator[Lookups]:
    await prepare(service, database)
    async with opened(service, settings_of(service, database)) as running:
        await follow(running, *events)
        yield Lookups(running.pool, running.service.shape)


LATER = NOON + timedelta(hours=1)
ALL, NO_SMS = Open(sms=True, email=True), Open(sms=False, email=True)
NONE, EMAIL_ALONE = Open(sms=False, email=False), Open(sms=False, email=True)
LEFEVRE = recorded("c1")
FAMILY = (recorded("c1"), recorded("c2"), recorded("c3"), merged("c3", "c2"), merged("c2", "c1"))


@pytest.mark.requirement("FLB-121", "G-49")
@pytest.mark.parametrize(
    ("events", "purpose", "found"),
    [
        ((), CASES, ALL),
        ((LEFEVRE,), CASES, ALL),
        ((LEFEVRE,), OFFERS, NONE),
        ((LEFEVRE, blocked("c1", sms=True)), CASES, NO_SMS),
        ((LEFEVRE, blocked("c1", sms=True), blocked("c1", sms=False)), CASES, ALL),
        ((LEFEVRE, given("c1", OFFERS)), OFFERS, EMAIL_ALONE),
        ((LEFEVRE, given("c1", OFFERS), withdrawn("c1", OFFERS, 1)), OFFERS, NONE),
        ((LEFEVRE, withdrawn("c1", OFFERS, 1), given("c1", OFFERS)), OFFERS, NONE),
        ((LEFEVRE, withdrawn("c1", CASES, 1)), CASES, Open(sms=True, email=False)),
        ((LEFEVRE, given("c1", OFFERS), erased("c1")), CASES, NONE),
        ((*FAMILY, blocked("c3", sms=True)), CASES, NO_SMS),
        ((*FAMILY, given("c1", OFFERS), withdrawn("c3", OFFERS, 1)), OFFERS, NONE),
        ((*FAMILY, blocked("c3", sms=True), undone("c2", "c1")), CASES, ALL),
    ],
)
async def test_a_channel_is_open_by_what_was_blocked_and_said(
    new_database: Any, events: tuple[Any, ...], purpose: ConsentPurpose, found: Open
) -> None:
    async with knowing(new_database(), *events) as lookups:
        assert await customers.open_channels(lookups, "c1", purpose, LATER) == found


@pytest.mark.requirement("G-49")
async def test_a_merged_record_is_written_to_as_its_survivor(new_database: Any) -> None:
    async with knowing(new_database(), *FAMILY, blocked("c1", sms=True)) as lookups:
        assert await customers.open_channels(lookups, "c3", CASES, LATER) == NO_SMS


async def test_what_is_said_later_holds_later(new_database: Any) -> None:
    async with knowing(new_database(), LEFEVRE, given("c1", OFFERS, 60)) as lookups:
        early = LATER - timedelta(microseconds=1)
        assert await customers.open_channels(lookups, "c1", OFFERS, early) == NONE
        assert await customers.open_channels(lookups, "c1", OFFERS, LATER) == EMAIL_ALONE


@pytest.mark.requirement("G-49")
async def test_the_families_of_several_are_found_together(new_database: Any) -> None:
    async with knowing(new_database(), *FAMILY, recorded("c4")) as lookups:
        found = await customers.families(lookups, ["c3", "c4", "nobody", "c1"])
    ids = {id: [one.customer_id for one in rows] for id, rows in found.items()}
    assert ids == {
        "c1": ["c1", "c2", "c3"],
        "c3": ["c1", "c2", "c3"],
        "c4": ["c4"],
        "nobody": [],
    }
