"""An entry of a `notices.yaml` makes messages of an event."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.common_v1 import Money, Rule
from contracts.messaging.message_v1 import Channel, Fact, Topic
from contracts.missions.trip_v1 import CounterAccepted, ExpenseKind, MissionAssigned, QuoteRefused
from contracts.papers.paper_v1 import PaperKind, PaperRefused
from contracts.runtime import REDACTED
from services.messaging.adapters import notices as files
from services.messaging.message import Queue
from services.messaging.reactions import notices
from services.messaging.reactions.notices import KEEPS, Notice, target, written
from services.messaging.tests.make import NOON

REFUSED = PaperRefused(
    paper_id="p-1",
    user_id="ada",
    organisation_id="hiflow",
    kind=PaperKind.VIGILANCE,
    file_id="f-1",
    reason="blurred",
    refused_by="lea",
    refused_at=NOON,
)
NOTICE = Notice(
    template="paper_refused",
    to="user_id",
    topic=Topic.PAPERS,
    about={"paper": "paper_id"},
    facts={"paper": "kind"},
    personal={"reason": "reason"},
    at="refused_at",
)
ACCEPTED = CounterAccepted(
    trip_id="t-1",
    driver_id="ada",
    accepted_at=NOON,
    offered_by="lea",
    price=Money(amount_minor=9_000, currency="EUR"),
)


def told(event: Any = REFUSED, **changed: Any) -> list[Queue]:
    return notices.react({type(event): [replace(NOTICE, **changed)]}, event)


def test_an_event_becomes_a_message_with_its_facts() -> None:
    [message] = told()
    assert target(message) == message.message_id
    assert (message.user_id, message.topic, message.about) == ("ada", Topic.PAPERS, "paper/p-1")
    assert message.facts == (Fact(name="paper", value="vigilance"),)
    assert json.loads(message.private or "") == {"reason": "blurred"}
    assert (message.at, message.expires_at, message.only) == (NOON, NOON + KEEPS, None)


def test_a_message_that_speaks_of_nothing_else_speaks_of_its_recipient() -> None:
    [message] = told(about={})
    assert message.about == "user/ada"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "paper_refused"},
        {"topic": Topic.MONEY},
        {"facts": {}},
        {"when": {"kind": "present"}},
    ],
)
def test_the_id_follows_from_the_event_and_the_name_alone(changed: dict[str, Any]) -> None:
    assert [m.message_id for m in told(**changed)] == [m.message_id for m in told()]


@pytest.mark.parametrize(
    "changed",
    [{"name": "other"}, {"to": "refused_by"}, {"about": {}}, {"distinct_by": "file_id"}],
)
def test_another_notice_has_another_id(changed: dict[str, Any]) -> None:
    assert [m.message_id for m in told(**changed)] != [m.message_id for m in told()]


def test_each_channel_that_is_named_has_its_message() -> None:
    email, sms = told(only=(Channel.EMAIL, Channel.SMS), former_addresses=True)
    assert (email.only, sms.only) == (Channel.EMAIL, Channel.SMS)
    assert email.message_id != sms.message_id
    assert email.former_addresses
    assert sms.former_addresses


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"kind": ("vigilance", "contract")}, True),
        ({"kind": ("contract",)}, False),
        ({"reason": "present"}, True),
        ({"reason": "absent"}, False),
        ({"reason": "present", "kind": ("contract",)}, False),
    ],
)
def test_a_notice_may_be_for_some_events_only(when: dict[str, Any], fits: bool) -> None:
    assert bool(told(when=when)) == fits


@pytest.mark.parametrize(("direct", "wanted"), [(True, True), (True, False), (False, False)])
def test_a_condition_may_be_true_or_false(direct: bool, wanted: bool) -> None:
    event = MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=None,
        direct=direct,
        from_day=NOON.date(),
        until_day=NOON.date(),
        assigned_at=NOON,
        expenses=(),
    )
    only = {"about": {}, "facts": {}, "personal": {}, "at": "assigned_at", "to": "driver_id"}
    assert bool(told(event, when={"direct": wanted}, **only)) == (direct == wanted)


def test_what_a_field_of_a_field_says_is_a_fact_too() -> None:
    rule = Rule(id="trip-expired", version=1, inputs=())
    event = QuoteRefused(trip_id="t-1", driver_id="ada", reason="x", rule=rule, refused_at=NOON)
    facts = {"facts": {"cause": "rule.id"}, "personal": {}, "about": {"trip": "trip_id"}}
    [message] = told(event, to="driver_id", **facts)
    assert message.facts == (Fact(name="cause", value="trip-expired"),)
    assert told(replace(event, rule=None), to="driver_id", **facts) == []


@pytest.mark.parametrize("absent", [{"offered_by": None}, {"price": None}])
def test_an_event_without_recipient_or_fact_is_told_to_nobody(absent: dict[str, Any]) -> None:
    how = {"facts": {"amount": "price"}, "personal": {}, "about": {}, "at": "accepted_at"}
    assert len(told(ACCEPTED, to="offered_by", **how)) == 1
    assert told(replace(ACCEPTED, **absent), to="offered_by", **how) == []


def test_what_can_no_longer_be_read_is_told_to_nobody() -> None:
    unreadable = replace(REFUSED, reason=REDACTED)
    assert told(unreadable) == []
    assert told(unreadable, personal={}, address="reason") == []
    assert told(unreadable, personal={}) != []


def test_a_language_comes_from_the_event_where_the_notice_says_so() -> None:
    [usual], [named] = told(), told(language="reason")
    assert (usual.language, named.language) == (None, "blurred")


def test_an_address_and_an_end_come_from_the_event() -> None:
    [message] = told(address="reason", expires_at="refused_at")
    assert (message.address, message.expires_at) == ("blurred", NOON)


def test_two_events_of_one_instant_are_told_apart_also_by_one_channel() -> None:
    ways = {"only": (Channel.EMAIL,), "distinct_by": "reason"}
    [one], [same] = told(**ways), told(**ways)
    [other] = told(replace(REFUSED, reason="dark"), **ways)
    assert one.message_id == same.message_id
    assert one.message_id != other.message_id


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Money(amount_minor=12_500, currency="EUR"), "12500 EUR"),
        (date(2030, 5, 31), "2030-05-31"),
        (datetime(2030, 5, 31, 12, tzinfo=UTC) + timedelta(hours=1), "2030-05-31"),
        (ExpenseKind.FUEL_OR_CHARGE, "fuel_or_charge"),
        (690, "690"),
        ("as it is", "as it is"),
    ],
)
def test_values_are_written_as_events_carry_them(value: object, text: str) -> None:
    assert written(value) == text


ENTRY = "notices:\n  relais.x.y.v1.z:\n    - {template: t, to: a, topic: money, at: b"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "notices: 1",
        "notices: {",
        "other: 1",
        f"{ENTRY}, surprise: 1}}",
        f"{ENTRY}, facts: c}}",
        f"{ENTRY}, only: [pigeon]}}",
        ENTRY.replace("money", "gossip") + "}",
        ENTRY.replace(", to: a", "") + "}",
        ENTRY + "}\ncontacts: {relais.x.y.v1.w: {person: a}}",
    ],
)
def test_a_word_that_no_file_has_is_refused(wrong: str) -> None:
    assert files.read(f"{ENTRY}}}").notices
    with pytest.raises(ValueError):  # noqa: PT011
        files.read(wrong)
