"""How a customer may be written to, and why a reminder stops."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChannel,
    VehicleDescribed,
    VehicleRemoved,
)
from contracts.interventions.case_v1 import VehicleDescribed as OfCase
from contracts.reminders.reminder_v1 import ReminderStopped, StopReason
from infra.lookups import Lookups
from infra.testing.following import NOON, follow
from services.reminders.adapters.links import Addresses
from services.reminders.adapters.stopping import Stopping
from services.reminders.adapters.terms import About, terms_of, terms_of_all
from services.reminders.aggregates import REMINDER
from services.reminders.reminder.sending import Terms
from services.reminders.tests.make import CASE, CLAIRE, GROUP, ID, LILLE, arrange, history
from services.reminders.tests.serving import (
    ERASED,
    Caller,
    case_created,
    recorded,
    served,
    settings,
)

DAY = datetime(2030, 6, 20, 7, 0, tzinfo=UTC)
ABOUT = About(
    reminder_id=ID, dealership_id=LILLE, brand="peugeot", customer_id=CLAIRE, case_id=CASE
)


def withdrawn(channel: CustomerChannel) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        customer_id=CLAIRE,
        organisation_id=GROUP,
        dealership_id=LILLE,
        consent_id=f"y-{channel.name}",
        purpose=ConsentPurpose.REMINDERS,
        channel=channel,
        source=ConsentSource.CUSTOMER_PAGE,
        wording="Stop.",
        wording_version="1",
        recorded_by="link",
        withdrawn_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


BLOCKED = ChannelsBlocked(
    customer_id=CLAIRE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    sms=True,
    email=True,
    blocked_by="lea",
    blocked_at=NOON,
)
CAR = VehicleDescribed(
    customer_id=CLAIRE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    vehicle_id="v-1",
    plate="AB-123-CD",
    plate_country="FR",
    vin=None,
    brand=None,
    model=None,
    mileage_km=None,
    described_by="lea",
    described_at=NOON,
)
SOLD = VehicleRemoved(
    customer_id=CLAIRE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    vehicle_id="v-1",
    removed_by="lea",
    removed_at=NOON,
)
OF_CASE = OfCase(
    case_id=CASE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    plate="ab 123 cd",
    vin=None,
    make=None,
    model=None,
    mileage_km=None,
    first_registered_on=None,
    colour=None,
    described_by="lea",
    described_at=NOON,
    mileage_read_at=None,
)


async def found(lea: Caller) -> Terms:
    lookups = Lookups(lea.running.pool, lea.running.service.shape)
    terms = await terms_of(lookups, Addresses(lea.running), ABOUT, DAY)
    assert terms is not None
    return terms


@pytest.mark.requirement("FLB-151", "G-55")
async def test_a_customer_is_reached_by_what_is_known_now(database: str) -> None:
    async with served(database, case_created(), OF_CASE, CAR) as lea:
        terms = await found(lea)
        await follow(lea.running, settings(reminders_automatic=False))
        assert not (await found(lea)).automatic
    assert (terms.stop, terms.email, terms.phone) == (
        None,
        "claire@example.org",
        "+33612345678",
    )
    assert (terms.customer_id, terms.name, terms.language) == (CLAIRE, "Claire Moreau", "fr")
    assert terms.automatic
    assert terms.lawful_at == DAY
    assert "/reminders/page/" in terms.link


STOPS = [
    ((BLOCKED,), StopReason.CHANNELS_BLOCKED),
    (tuple(map(withdrawn, (CustomerChannel.EMAIL, CustomerChannel.SMS))), "consent"),
    ((ERASED,), StopReason.CUSTOMER_ERASED),
    ((SOLD,), StopReason.VEHICLE_GONE),
]


@pytest.mark.parametrize(
    ("facts", "reason"), STOPS, ids=["blocked", "withdrawn", "erased", "vehicle"]
)
async def test_a_reminder_stops_by_itself_and_says_why(
    database: str, facts: tuple[Any, ...], reason: StopReason | str
) -> None:
    wanted = StopReason.CONSENT_WITHDRAWN if reason == "consent" else reason
    claire = (recorded(), CAR)
    async with served(database, case_created(), OF_CASE) as lea:
        await lea.has(REMINDER, ID, arrange())
        await follow(lea.running, *history(arrange()))
        await follow(lea.running, *claire, *facts)
        await Stopping(lea.running).look_at(CLAIRE)
        stopped = [
            one.event
            for one in await lea.running.commands.history(REMINDER, ID)
            if isinstance(one.event, ReminderStopped)
        ]
    assert [one.reason for one in stopped] == [wanted]


async def test_one_open_channel_goes_on(database: str) -> None:
    async with served(database, case_created()) as lea:
        await follow(lea.running, recorded(), withdrawn(CustomerChannel.SMS))
        terms = await found(lea)
    assert (terms.stop, terms.email, terms.phone) == (None, "claire@example.org", None)
    assert replace(terms, phone=None) == terms


async def test_the_terms_of_several_reminders_are_those_of_each(database: str) -> None:
    by_hand = replace(ABOUT, reminder_id="R-2", case_id=None)
    elsewhere = replace(ABOUT, reminder_id="R-3", dealership_id="nowhere")
    async with served(database, case_created(), OF_CASE) as lea:
        await follow(lea.running, recorded(), CAR, SOLD)
        lookups, addresses = (
            Lookups(lea.running.pool, lea.running.service.shape),
            Addresses(lea.running),
        )
        abouts = [by_hand, elsewhere, ABOUT]
        found = await terms_of_all(lookups, addresses, abouts, DAY)
        alone = [await terms_of(lookups, addresses, one, DAY) for one in abouts]
    assert found == alone
    assert [one and one.stop for one in found] == [None, None, StopReason.VEHICLE_GONE]
    assert found[1] is None
