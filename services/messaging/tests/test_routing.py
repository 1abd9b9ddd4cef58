"""Which channel a message takes, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.messaging import message_v1, preferences_v1
from contracts.messaging.message_v1 import MessageQueued, Reason, Topic
from contracts.messaging.preferences_v1 import (
    Channel,
    ContactChanged,
    Immediacy,
    PreferencesChanged,
    QuietHours,
)
from services.messaging.message.routing import Plan, due_time, plan
from services.messaging.preferences import Forgotten, Person, Recipient, evolve, initial
from services.messaging.tests.make import (
    EMAIL,
    NOON,
    SMS,
    WEEK,
    cell,
    chosen,
    contact,
    queued,
)

BOTH = frozenset({EMAIL, SMS})
NIGHT = QuietHours(from_minute=22 * 60, until_minute=7 * 60)
MIDNIGHT = datetime(2030, 5, 1, 23, 30, tzinfo=UTC)
EVERY_TOPIC = list(preferences_v1.Topic)
PHONE = "+33612345678"


def person(*events: ContactChanged | PreferencesChanged) -> Recipient:
    found: Person = initial
    for event in events:
        found = evolve(found, event)
    assert isinstance(found, Recipient)
    return found


def planned(
    who: Recipient | Forgotten,
    message: MessageQueued | None = None,
    available: frozenset[Channel] = BOTH,
    tried: frozenset[message_v1.Channel] = frozenset(),
    at: datetime = NOON,
) -> Plan | Reason:
    return plan(message or queued(), who, available, tried, at)


def channel_of(found: Plan | Reason) -> Channel | Reason:
    return found.channel if isinstance(found, Plan) else found


def due_of(found: Plan | Reason) -> datetime:
    assert isinstance(found, Plan)
    return found.due_at


@pytest.mark.requirement("HIF-41")
def test_a_message_goes_by_mail_at_once_unless_chosen_otherwise() -> None:
    found = planned(person(contact(phone=PHONE)))
    assert isinstance(found, Plan)
    assert (found.channel, found.due_at, found.parcel_id) == (EMAIL, NOON, "m-1")


@pytest.mark.requirement("HIF-41")
def test_the_soonest_channel_is_taken_first() -> None:
    wants = chosen(cell(Immediacy.DAILY), cell(Immediacy.NOW, channel=SMS))
    assert channel_of(planned(person(contact(phone=PHONE), wants))) is SMS


@pytest.mark.requirement("HIF-41")
def test_a_muted_topic_reaches_nobody() -> None:
    muted = person(contact(), chosen(cell(Immediacy.NEVER)))
    assert planned(muted) is Reason.MUTED
    assert channel_of(planned(muted, queued(Topic.MISSIONS))) is EMAIL


@pytest.mark.parametrize("topic", [Topic.MONEY, Topic.SECURITY])
def test_money_and_security_ignore_mutes_and_quiet_hours(topic: Topic) -> None:
    wants = chosen(*(cell(Immediacy.NEVER, topic=one) for one in EVERY_TOPIC), quiet=NIGHT)
    found = planned(person(contact(), wants), queued(topic), at=MIDNIGHT)
    assert (channel_of(found), due_of(found)) == (EMAIL, MIDNIGHT)


def test_the_next_channel_is_one_not_tried() -> None:
    who = person(contact(phone=PHONE), chosen(cell(Immediacy.HOURLY, channel=SMS)))
    tried = frozenset({message_v1.Channel.EMAIL})
    assert channel_of(planned(who, tried=tried)) is SMS
    assert planned(who, tried=tried | {message_v1.Channel.SMS}) is Reason.NO_ADDRESS


def test_a_compulsory_message_falls_back_to_a_muted_channel() -> None:
    who = person(contact(phone=PHONE))
    tried = frozenset({message_v1.Channel.EMAIL})
    assert channel_of(planned(who, queued(Topic.MONEY), tried=tried)) is SMS
    assert planned(who, queued(Topic.QUOTES), tried=tried) is Reason.MUTED


def test_a_channel_without_address_or_provider_is_none() -> None:
    who = person(contact())
    assert planned(who, queued(Topic.MONEY, only=message_v1.Channel.SMS)) is Reason.NO_ADDRESS
    assert planned(who, available=frozenset({SMS})) is Reason.NO_ADDRESS


def test_a_message_for_one_channel_takes_no_other() -> None:
    who = person(contact(phone=PHONE))
    only = queued(Topic.SECURITY, only=message_v1.Channel.SMS)
    assert channel_of(planned(who, only)) is SMS
    assert planned(who, only, tried=frozenset({message_v1.Channel.SMS})) is Reason.NO_ADDRESS


def test_a_message_with_an_address_of_its_own_needs_no_other_for_its_channel() -> None:
    who = person(contact())
    sms = message_v1.Channel.SMS
    named = queued(Topic.MONEY, only=sms, address=PHONE)
    assert channel_of(planned(who, named)) is SMS
    assert planned(who, named, tried=frozenset({sms})) is Reason.NO_ADDRESS
    assert planned(who, queued(Topic.MONEY, only=sms)) is Reason.NO_ADDRESS


def test_a_message_is_worth_sending_until_it_expires() -> None:
    who = person(contact())
    last = NOON + WEEK - timedelta(microseconds=1)
    assert channel_of(planned(who, at=last)) is EMAIL
    assert planned(who, at=NOON + WEEK) is Reason.TOO_LATE


def test_nobody_writes_to_somebody_forgotten() -> None:
    assert planned(Forgotten(), queued(Topic.SECURITY)) is Reason.FORGOTTEN


@pytest.mark.parametrize(
    ("immediacy", "at", "due"),
    [
        (Immediacy.NOW, (12, 0), (1, 12, 0)),
        (Immediacy.HOURLY, (12, 0), (1, 13, 0)),
        (Immediacy.HOURLY, (12, 59), (1, 13, 0)),
        # Eight in the morning in Paris is six in UTC.
        (Immediacy.DAILY, (5, 59), (1, 6, 0)),
        (Immediacy.DAILY, (6, 0), (2, 6, 0)),
    ],
)
def test_messages_wait_for_the_full_hour_or_the_morning(
    immediacy: Immediacy, at: tuple[int, int], due: tuple[int, int, int]
) -> None:
    moment = datetime(2030, 5, 1, *at, tzinfo=UTC)
    found = due_time(immediacy, None, person(contact()).zone, moment)
    assert found == datetime(2030, 5, *due, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((19, 59), (1, 19, 59)),
        ((20, 0), (2, 5, 0)),
        ((22, 30), (2, 5, 0)),
        ((4, 59), (1, 5, 0)),
        ((5, 0), (1, 5, 0)),
    ],
)
def test_quiet_hours_are_hours_where_the_recipient_is(
    at: tuple[int, int], due: tuple[int, int, int]
) -> None:
    moment = datetime(2030, 5, 1, *at, tzinfo=UTC)
    found = due_time(Immediacy.NOW, NIGHT, person(contact()).zone, moment)
    assert found == datetime(2030, 5, *due, tzinfo=UTC)


def test_quiet_hours_in_montreal_are_not_those_of_paris() -> None:
    who = person(contact(), chosen(quiet=NIGHT, zone="America/Montreal"))
    assert due_of(planned(who, at=MIDNIGHT)) == MIDNIGHT
    assert due_of(planned(person(contact(), chosen(quiet=NIGHT)), at=MIDNIGHT)) > MIDNIGHT


def test_the_morning_after_the_clocks_changed_is_still_at_eight() -> None:
    evening = datetime(2030, 3, 30, 20, 0, tzinfo=UTC)
    found = due_time(Immediacy.DAILY, None, person(contact()).zone, evening)
    assert found == datetime(2030, 3, 31, 6, 0, tzinfo=UTC)


# In Paris, 25 October 2026 has the hour from two to three twice: from midnight UTC, and from one.
@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((24, 23, 59), (25, 0, 30)),
        ((25, 0, 0), (25, 0, 30)),
        ((25, 0, 29), (25, 0, 30)),
        ((25, 0, 30), (25, 0, 30)),
        ((25, 0, 59), (25, 0, 59)),
        ((25, 1, 0), (25, 1, 30)),
        ((25, 1, 29), (25, 1, 30)),
        ((25, 1, 30), (25, 1, 30)),
        ((25, 21, 0), (26, 1, 30)),
    ],
)
def test_quiet_hours_that_end_in_the_doubled_hour_end_on_that_day(
    at: tuple[int, int, int], due: tuple[int, int, int]
) -> None:
    quiet = QuietHours(from_minute=22 * 60, until_minute=2 * 60 + 30)
    moment = datetime(2026, 10, *at, tzinfo=UTC)
    found = due_time(Immediacy.NOW, quiet, person(contact()).zone, moment)
    assert found == datetime(2026, 10, *due, tzinfo=UTC)


# In Paris, 29 March 2026 has no hour from two to three: at one UTC it is three.
@pytest.mark.parametrize(
    ("until", "at", "due"),
    [
        (2 * 60 + 30, (28, 21, 0), (29, 1, 0)),
        (2 * 60 + 30, (29, 0, 59), (29, 1, 0)),
        (2 * 60 + 30, (29, 1, 0), (29, 1, 0)),
        (2 * 60, (29, 0, 59), (29, 1, 0)),
        (2 * 60 + 59, (29, 0, 59), (29, 1, 0)),
        (3 * 60, (29, 0, 59), (29, 1, 0)),
        (1 * 60 + 59, (29, 0, 58), (29, 0, 59)),
        (2 * 60 + 30, (29, 20, 0), (30, 0, 30)),
    ],
)
def test_quiet_hours_that_end_in_the_hour_left_out_end_when_the_clocks_change(
    until: int, at: tuple[int, int, int], due: tuple[int, int, int]
) -> None:
    quiet = QuietHours(from_minute=22 * 60, until_minute=until)
    moment = datetime(2026, 3, *at, tzinfo=UTC)
    found = due_time(Immediacy.NOW, quiet, person(contact()).zone, moment)
    assert found == datetime(2026, 3, *due, tzinfo=UTC)


# Morocco left UTC+1 for good on 20 September 2026.
@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((9, 10, 5, 30), (9, 10, 6, 0)),
        ((9, 10, 6, 0), (9, 10, 6, 0)),
        ((9, 10, 20, 59), (9, 10, 20, 59)),
        ((9, 10, 21, 0), (9, 11, 6, 0)),
        ((9, 19, 21, 0), (9, 20, 7, 0)),
        ((12, 1, 6, 30), (12, 1, 7, 0)),
        ((12, 1, 7, 0), (12, 1, 7, 0)),
        ((12, 1, 21, 30), (12, 1, 21, 30)),
    ],
)
def test_quiet_hours_in_casablanca_follow_the_newest_clock(
    at: tuple[int, int, int, int], due: tuple[int, int, int, int]
) -> None:
    who = person(contact(), chosen(quiet=NIGHT, zone="Africa/Casablanca"))
    found = due_time(Immediacy.NOW, NIGHT, who.zone, datetime(2026, *at, tzinfo=UTC))
    assert found == datetime(2026, *due, tzinfo=UTC)


def test_messages_that_wait_for_the_same_time_share_a_parcel() -> None:
    daily = person(contact(), chosen(cell(Immediacy.DAILY)))
    first, second = planned(daily), planned(daily, queued(message_id="m-2"), at=NOON + WEEK / 100)
    assert isinstance(first, Plan)
    assert isinstance(second, Plan)
    assert first.parcel_id == second.parcel_id


def test_the_plan_says_why() -> None:
    found = planned(person(contact()))
    assert isinstance(found, Plan)
    assert [(one.name, one.value) for one in found.rule.inputs] == [
        ("topic", "quotes"),
        ("chosen", "now"),
        ("compulsory", "false"),
        ("time_zone", "Europe/Paris"),
    ]


@pytest.mark.requirement("HIF-43")
def test_a_phone_that_was_removed_is_still_told_where_former_addresses_are() -> None:
    gone = person(contact(phone=PHONE), contact())
    by_text = replace(queued(topic=message_v1.Topic.MONEY), only=message_v1.Channel.SMS)
    assert planned(gone, by_text) == Reason.NO_ADDRESS
    assert channel_of(planned(gone, replace(by_text, former_addresses=True))) is SMS
