"""The channel that a message takes, and when: by what people chose, with the reasons (HIF-41)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from contracts.common_v1 import Rule, RuleInput
from contracts.messaging import message_v1
from contracts.messaging.message_v1 import MessageQueued, Reason
from contracts.messaging.preferences_v1 import Channel, Immediacy, QuietHours, Topic
from services.messaging.preferences import Forgotten, Recipient

COMPULSORY = frozenset({Topic.SECURITY, Topic.MONEY})
"""Goes out at once, by any channel there is, whatever was chosen."""
MORNING = time(8)
"""When the messages of a day go out."""
ORDER = (Channel.EMAIL, Channel.PUSH, Channel.SMS)
"""Among channels that are as soon as each other, the cheapest first."""
PARCELS = uuid5(NAMESPACE_URL, "relais:messaging:parcels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`parcel_id` is shared with the other messages that shall go out as one."""

    channel: Channel
    due_at: datetime
    parcel_id: str
    rule: Rule


def plan(
    message: MessageQueued,
    person: Recipient | Forgotten,
    available: frozenset[Channel],
    tried: frozenset[message_v1.Channel],
    at: datetime,
    sending_id: str = "",
) -> Plan | Reason:
    """The next channel and its time, or why there is none.

    `available` are the channels this installation has, `tried` those that came to nothing. A
    message that goes out by itself is a parcel named `sending_id`, or else by its own id.
    """
    if isinstance(person, Forgotten):
        return Reason.FORGOTTEN
    if at >= message.expires_at:
        return Reason.TOO_LATE
    topic = Topic(message.topic)
    left = available - {Channel(channel) for channel in tried}
    if message.only is not None:
        left &= {Channel(message.only)}
    # Whoever changes bank details may have removed the phone first, so that nobody is told.
    former = {way for way, _ in person.former} if message.former_addresses else set()
    # A message with an address of its own is for one channel, and needs no other.
    own = message.address is not None
    reachable = [c for c in ORDER if c in left and (own or person.address(c) or c in former)]
    wanted = sorted(_wanted(person, topic, reachable), key=lambda pair: pair[1])
    if not wanted:
        return Reason.MUTED if reachable else Reason.NO_ADDRESS
    channel, immediacy = wanted[0]
    alone = sending_id or message.message_id
    return _planned(message, person, channel, immediacy, alone, at)


def _wanted(
    person: Recipient, topic: Topic, reachable: list[Channel]
) -> Iterator[tuple[Channel, Immediacy]]:
    for channel in reachable:
        immediacy = person.immediacy(topic, channel)
        if topic in COMPULSORY or immediacy is not Immediacy.NEVER:
            yield channel, immediacy


def _planned(
    message: MessageQueued,
    person: Recipient,
    channel: Channel,
    immediacy: Immediacy,
    alone: str,
    at: datetime,
) -> Plan:
    topic = Topic(message.topic)
    compulsory = topic in COMPULSORY
    due = at if compulsory else due_time(immediacy, person.quiet_hours, person.zone, at)
    parcel = f"p-{uuid5(PARCELS, f'{person.contact.user_id}|{channel}|{due.isoformat()}').hex}"
    inputs = (
        RuleInput(name="topic", value=topic.name.lower()),
        RuleInput(name="chosen", value=immediacy.name.lower()),
        RuleInput(name="compulsory", value=str(compulsory).lower()),
        RuleInput(name="time_zone", value=person.time_zone),
    )
    return Plan(
        channel=channel,
        due_at=due,
        parcel_id=parcel if due > at else alone,
        rule=Rule(id="preferences", version=1, inputs=inputs),
    )


def due_time(
    immediacy: Immediacy, quiet: QuietHours | None, zone: ZoneInfo, at: datetime
) -> datetime:
    """When a message of that immediacy goes out, in UTC; at the end of quiet hours at the earliest.

    Strictly later than `at` unless it goes out now, so that parcels are closed when they are due.
    """
    due = _aimed_at(immediacy, zone, at)
    return due if quiet is None else _after_quiet(quiet, zone, due)


def _aimed_at(immediacy: Immediacy, zone: ZoneInfo, at: datetime) -> datetime:
    match immediacy:
        case Immediacy.NOW | Immediacy.NEVER:
            return at
        case Immediacy.HOURLY:
            full = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            return full + timedelta(hours=1)
        case Immediacy.DAILY:
            return _next(MORNING, zone, at)
        case unhandled:
            assert_never(unhandled)


def _after_quiet(quiet: QuietHours, zone: ZoneInfo, due: datetime) -> datetime:
    local = due.astimezone(zone)
    minute = local.hour * 60 + local.minute
    since_begin = (minute - quiet.from_minute) % (24 * 60)
    if since_begin >= (quiet.until_minute - quiet.from_minute) % (24 * 60):
        return due
    return _next(time(*divmod(quiet.until_minute, 60)), zone, due)


def _next(clock: time, zone: ZoneInfo, at: datetime) -> datetime:
    """The next time it is that late there.

    In the doubled hour of autumn it is that late twice. A time that spring leaves out comes when
    the clocks have been changed.
    """
    day = at.astimezone(zone).date()
    near = [found for n in (0, 1) for found in _instants(clock, zone, day + timedelta(days=n))]
    return next(found for found in near if found > at)


def _instants(clock: time, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """The instants of a day at which a clock on the wall says so, or has just skipped it."""
    local = datetime.combine(day, clock, zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        yield from (first, second)
        return
    # Left out: read by the offsets after and before, it lies on both sides of the change.
    changed = second
    while changed.astimezone(zone).utcoffset() == second.astimezone(zone).utcoffset():
        changed += timedelta(minutes=1)
    yield changed
