"""A person as somebody to write to: where they are reached, what they want and what they read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, assert_never
from zoneinfo import ZoneInfo, available_timezones

from contracts.messaging.preferences_v1 import (
    BrowserSubscribed,
    BrowserUnsubscribed,
    Channel,
    Choice,
    ContactChanged,
    Immediacy,
    NoticesRead,
    PreferencesChanged,
    PreferencesEvent,
    QuietHours,
    SubjectForgotten,
    Topic,
    UnsubscriptionReason,
)
from contracts.runtime import REDACTED

MINUTES_A_DAY = 24 * 60
USUAL_ZONE = "Europe/Paris"
MOST_BROWSERS = 20
"""Of a person; those that are gone are removed by themselves."""
Cell = tuple[Topic, Channel]

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    """Somebody has an account. Without an address or a phone, the one known before stays."""

    user_id: str
    organisation_id: str
    email: str | None
    name: str
    language: str
    phone: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReach:
    """Somebody changed their profile; without a phone they have none any more, unless nothing else
    is known of where they are reached."""

    user_id: str
    language: str
    phone: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAddress:
    """Somebody confirmed another e-mail address."""

    user_id: str
    email: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNumber:
    """Somebody confirmed another phone."""

    user_id: str
    phone: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """All that somebody wants; cells that are not named are as by default."""

    user_id: str
    organisation_id: str
    choices: tuple[Choice, ...]
    quiet_hours: QuietHours | None
    time_zone: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeBrowser:
    """A browser lets somebody be told things, at the address of its push service (FLB-125)."""

    user_id: str
    organisation_id: str
    browser_id: str
    endpoint: str
    public_key: str
    shared_secret: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeBrowser:
    user_id: str
    browser_id: str
    reason: UnsubscriptionReason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotices:
    """Somebody has seen the notices of the administration that were sent until a time (EXX-30)."""

    user_id: str
    organisation_id: str
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    user_id: str
    at: datetime


OfBrowsers = SubscribeBrowser | UnsubscribeBrowser
Told = Meet | ChangeReach | ChangeAddress | ChangeNumber
Command = Told | Choose | OfBrowsers | ReadNotices | Forget

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchRecipient:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNamedTwice:
    field: ClassVar[str] = "choices"
    topic: Topic
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursNotPossible:
    field: ClassVar[str] = "quiet_hours"
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class NoSuchTimeZone:
    field: ClassVar[str] = "time_zone"
    name: str


@dataclass(frozen=True, slots=True)
class TooManyBrowsers:
    most: int


Rejection = (
    NoSuchRecipient | CellNamedTwice | QuietHoursNotPossible | NoSuchTimeZone | TooManyBrowsers
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Recipient:
    """`former` are the addresses of before, by channel, the oldest first."""

    contact: ContactChanged
    former: tuple[tuple[Channel, str], ...] = ()
    choices: Mapping[Cell, Immediacy] = field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    time_zone: str = USUAL_ZONE
    browsers: tuple[BrowserSubscribed, ...] = ()
    """Those that are told things, the one that was added first first."""
    notices_read_until: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Where their hours are hours."""
        return ZoneInfo(self.time_zone)

    def address(self, channel: Channel) -> str | None:
        """Where they are reached by a channel, of several browsers the first; None when they are
        not."""
        browser = self.browsers[0].endpoint if self.browsers else None
        known = {
            Channel.EMAIL: self.contact.email,
            Channel.SMS: self.contact.phone,
            Channel.PUSH: browser,
        }
        address = known.get(channel)
        # The key of somebody forgotten goes before their account says so.
        return None if address == REDACTED else address

    def immediacy(self, topic: Topic, channel: Channel) -> Immediacy:
        """The recipient's choice; by default everything at once by e-mail, and nothing else: by
        text message to who has no address. What people write to them also comes to the browsers
        that let them be told."""
        if channel is Channel.PUSH and topic is Topic.CONVERSATIONS:
            return self.choices.get((topic, channel), Immediacy.NOW)
        by_default = Channel.EMAIL if self.contact.email else Channel.SMS
        usual = Immediacy.NOW if channel is by_default else Immediacy.NEVER
        return self.choices.get((topic, channel), usual)


@dataclass(frozen=True, slots=True)
class Forgotten:
    pass


Person = Unknown | Recipient | Forgotten

initial: Person = Unknown()


def evolve(person: Person, event: PreferencesEvent) -> Person:
    """Take history as recorded."""
    match event:
        case ContactChanged():
            if not isinstance(person, Recipient):
                return Recipient(event)
            return replace(person, contact=event, former=_former(person, event))
        case PreferencesChanged():
            if not isinstance(person, Recipient):
                return person
            return replace(
                person,
                choices={(c.topic, c.channel): c.immediacy for c in event.choices},
                quiet_hours=event.quiet_hours,
                time_zone=event.time_zone,
            )
        case BrowserSubscribed() | BrowserUnsubscribed():
            return _told(person, event) if isinstance(person, Recipient) else person
        case NoticesRead(until=until):
            if not isinstance(person, Recipient):
                return person
            return replace(person, notices_read_until=until)
        case SubjectForgotten():
            return Forgotten()
        case unhandled:
            assert_never(unhandled)


def _told(person: Recipient, event: BrowserSubscribed | BrowserUnsubscribed) -> Recipient:
    others = tuple(one for one in person.browsers if one.browser_id != event.browser_id)
    added = (event,) if isinstance(event, BrowserSubscribed) else ()
    return replace(person, browsers=(*others, *added))


def _former(person: Recipient, now: ContactChanged) -> tuple[tuple[Channel, str], ...]:
    before = ((Channel.EMAIL, person.contact.email), (Channel.SMS, person.contact.phone))
    current = {now.email, now.phone}
    gone = [(channel, a) for channel, a in before if a is not None and a not in current]
    return tuple(one for one in (*person.former, *gone) if one[1] not in current)


# --- Decisions --------------------------------------------------------------

Decision = list[PreferencesEvent] | Rejection


def decide(command: Command, person: Person) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case Forget():
            if isinstance(person, Forgotten):
                return []
            return [SubjectForgotten(user_id=command.user_id, forgotten_at=command.at)]
        case Meet():
            return meet(command, person)
        case ChangeReach():
            return change_reach(command, person)
        case ChangeAddress():
            return change_address(command, person)
        case ChangeNumber():
            return change_number(command, person)
        case Choose():
            return choose(command, person)
        case SubscribeBrowser():
            return subscribe(command, person)
        case UnsubscribeBrowser():
            return unsubscribe(command, person)
        case ReadNotices():
            return read_notices(command, person)
        case unhandled:
            assert_never(unhandled)


def meet(command: Meet, person: Person) -> Decision:
    if isinstance(person, Forgotten):
        return []
    known_email, known_phone = (
        (person.contact.email, person.contact.phone)
        if isinstance(person, Recipient)
        else (None, None)
    )
    contact = ContactChanged(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        email=command.email or known_email,
        name=command.name,
        phone=command.phone or known_phone,
        language=command.language,
        changed_at=command.at,
    )
    return _changed(contact, person)


def change_reach(command: ChangeReach, person: Person) -> Decision:
    if not isinstance(person, Recipient):
        # We have no address to write to.
        return []
    kept = None if person.contact.email else person.contact.phone
    contact = replace(
        person.contact,
        phone=command.phone or kept,
        language=command.language,
        changed_at=command.at,
    )
    return _changed(contact, person)


def change_address(command: ChangeAddress, person: Person) -> Decision:
    if not isinstance(person, Recipient):
        return []
    contact = replace(person.contact, email=command.email, changed_at=command.at)
    return _changed(contact, person)


def change_number(command: ChangeNumber, person: Person) -> Decision:
    if not isinstance(person, Recipient):
        return []
    contact = replace(person.contact, phone=command.phone, changed_at=command.at)
    return _changed(contact, person)


def _changed(contact: ContactChanged, person: Unknown | Recipient) -> Decision:
    if isinstance(person, Unknown):
        return [contact]
    repeated = replace(person.contact, changed_at=contact.changed_at) == contact
    return [] if repeated else [contact]


def choose(command: Choose, person: Person) -> Decision:
    if (
        not isinstance(person, Recipient)
        or person.contact.organisation_id != command.organisation_id
    ):
        return NoSuchRecipient()
    if (rejection := _bad_choice(command)) is not None:
        return rejection
    wanted = {(c.topic, c.channel): c.immediacy for c in command.choices}
    now = (person.choices, person.quiet_hours, person.time_zone)
    if now == (wanted, command.quiet_hours, command.time_zone):
        return []
    return [
        PreferencesChanged(
            user_id=command.user_id,
            choices=command.choices,
            quiet_hours=command.quiet_hours,
            time_zone=command.time_zone,
            changed_at=command.at,
        )
    ]


def subscribe(command: SubscribeBrowser, person: Person) -> Decision:
    """A browser that says it again, with the same keys, is told already."""
    if (
        not isinstance(person, Recipient)
        or person.contact.organisation_id != command.organisation_id
    ):
        return NoSuchRecipient()
    known = {one.browser_id: one for one in person.browsers}
    subscribed = BrowserSubscribed(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        browser_id=command.browser_id,
        endpoint=command.endpoint,
        public_key=command.public_key,
        shared_secret=command.shared_secret,
        subscribed_at=command.at,
    )
    before = known.get(command.browser_id)
    if before is not None and replace(subscribed, subscribed_at=before.subscribed_at) == before:
        return []
    if before is None and len(known) >= MOST_BROWSERS:
        return TooManyBrowsers(MOST_BROWSERS)
    return [subscribed]


def unsubscribe(command: UnsubscribeBrowser, person: Person) -> Decision:
    """Silence for a browser that is told nothing."""
    if not isinstance(person, Recipient):
        return []
    if command.browser_id not in {one.browser_id for one in person.browsers}:
        return []
    return [
        BrowserUnsubscribed(
            user_id=command.user_id,
            organisation_id=person.contact.organisation_id,
            browser_id=command.browser_id,
            reason=command.reason,
            unsubscribed_at=command.at,
        )
    ]


def read_notices(command: ReadNotices, person: Person) -> Decision:
    """Reading goes forward, up to now: what is sent later was not seen."""
    if (
        not isinstance(person, Recipient)
        or person.contact.organisation_id != command.organisation_id
    ):
        return NoSuchRecipient()
    until, before = min(command.until, command.at), person.notices_read_until
    if before is not None and until <= before:
        return []
    return [
        NoticesRead(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            until=until,
            read_at=command.at,
        )
    ]


def _bad_choice(command: Choose) -> Rejection | None:
    counted = Counter((c.topic, c.channel) for c in command.choices)
    for (topic, channel), times in counted.items():
        if times > 1:
            return CellNamedTwice(topic=topic, channel=channel)
    if (quiet := command.quiet_hours) is not None:
        begin, end = quiet.from_minute, quiet.until_minute
        if begin == end or not all(0 <= minute < MINUTES_A_DAY for minute in (begin, end)):
            return QuietHoursNotPossible(from_minute=begin, until_minute=end)
    if command.time_zone not in available_timezones():
        return NoSuchTimeZone(command.time_zone)
    return None
