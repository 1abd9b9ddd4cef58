"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.common_v1 import Rule
from contracts.messaging import preferences_v1
from contracts.messaging.message_v1 import (
    AttemptFailed,
    Channel,
    ChannelFailed,
    Fact,
    MessageDelivered,
    MessageDue,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageRequeued,
    MessageScheduled,
    MessageSent,
    Reason,
    Topic,
)
from contracts.messaging.preferences_v1 import (
    Choice,
    ContactChanged,
    Immediacy,
    PreferencesChanged,
    QuietHours,
)
from services.messaging.message import (
    GiveUp,
    MakeDue,
    MissReceipt,
    NoteDelivered,
    NoteRefused,
    NoteSent,
    NoteUnreachable,
    Queue,
    Read,
    Requeue,
    Schedule,
)
from services.messaging.message.routing import Plan
from services.messaging.preferences import ChangeReach, Choose, Forget, Meet, ReadNotices

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
WEEK = timedelta(days=7)
RULE = Rule(id="preferences", version=1, inputs=())
EMAIL = preferences_v1.Channel.EMAIL
SMS = preferences_v1.Channel.SMS
QUOTES = preferences_v1.Topic.QUOTES
MONEY = preferences_v1.Topic.MONEY

# --- Preferences ------------------------------------------------------------


def meet(
    email: str = "ada@example.org",
    phone: str | None = None,
    language: str = "fr",
    user: str = "ada",
    at: datetime = NOON,
) -> Meet:
    return Meet(
        user_id=user,
        organisation_id="hiflow",
        email=email,
        name="Ada Martin",
        language=language,
        phone=phone,
        at=at,
    )


def contact(
    email: str = "ada@example.org",
    phone: str | None = None,
    language: str = "fr",
    at: datetime = NOON,
) -> ContactChanged:
    return ContactChanged(
        user_id="ada",
        organisation_id="hiflow",
        email=email,
        name="Ada Martin",
        phone=phone,
        language=language,
        changed_at=at,
    )


def change_reach(phone: str | None = None, language: str = "fr") -> ChangeReach:
    return ChangeReach(user_id="ada", language=language, phone=phone, at=LATER)


def choose(
    *cells: Choice,
    quiet: QuietHours | None = None,
    zone: str = "Europe/Paris",
    organisation: str = "hiflow",
) -> Choose:
    return Choose(
        user_id="ada",
        organisation_id=organisation,
        choices=cells,
        quiet_hours=quiet,
        time_zone=zone,
        at=LATER,
    )


def chosen(
    *cells: Choice, quiet: QuietHours | None = None, zone: str = "Europe/Paris"
) -> PreferencesChanged:
    return PreferencesChanged(
        user_id="ada", choices=cells, quiet_hours=quiet, time_zone=zone, changed_at=LATER
    )


def cell(
    immediacy: Immediacy,
    topic: preferences_v1.Topic = QUOTES,
    channel: preferences_v1.Channel = EMAIL,
) -> Choice:
    return Choice(topic=topic, channel=channel, immediacy=immediacy)


def read_notices(
    until: datetime, at: datetime = LATER, organisation: str = "hiflow"
) -> ReadNotices:
    return ReadNotices(user_id="ada", organisation_id=organisation, until=until, at=at)


def notices_read(until: datetime) -> preferences_v1.NoticesRead:
    return preferences_v1.NoticesRead(
        user_id="ada", organisation_id="hiflow", until=until, read_at=LATER
    )


def forget() -> Forget:
    return Forget(user_id="ada", at=LATER)


def forgotten() -> preferences_v1.SubjectForgotten:
    return preferences_v1.SubjectForgotten(user_id="ada", forgotten_at=LATER)


# --- Message ----------------------------------------------------------------


def queued(
    topic: Topic = Topic.QUOTES,
    message_id: str = "m-1",
    only: Channel | None = None,
    template: str = "quote_refused",
    facts: tuple[Fact, ...] = (
        Fact(name="trip", value="t-1"),
        Fact(name="reason", value="too dear"),
    ),
    private: str | None = None,
    former_addresses: bool = False,
    expires_at: datetime = NOON + WEEK,
    user: str = "ada",
    address: str | None = None,
) -> MessageQueued:
    return MessageQueued(
        message_id=message_id,
        user_id=user,
        topic=topic,
        template=template,
        facts=facts,
        private=private,
        only=only,
        former_addresses=former_addresses,
        address=address,
        about="trip/t-1",
        expires_at=expires_at,
        queued_at=NOON,
        language=None,
    )


def queue(message: MessageQueued | None = None) -> Queue:
    """The command whose event that is."""
    wanted = message or queued()
    return Queue(
        message_id=wanted.message_id,
        user_id=wanted.user_id,
        topic=wanted.topic,
        template=wanted.template,
        facts=wanted.facts,
        private=wanted.private,
        only=wanted.only,
        former_addresses=wanted.former_addresses,
        about=wanted.about,
        expires_at=wanted.expires_at,
        address=wanted.address,
        language=wanted.language,
        at=wanted.queued_at,
    )


def plan(channel: preferences_v1.Channel = EMAIL, due: datetime = LATER) -> Plan:
    return Plan(channel=channel, due_at=due, parcel_id="m-1", rule=RULE)


def schedule(channel: preferences_v1.Channel = EMAIL, due: datetime = LATER) -> Schedule:
    return Schedule(
        message_id="m-1",
        organisation_id="hiflow",
        language="fr",
        template_version=1,
        plan=plan(channel, due),
        at=LATER,
    )


def scheduled(channel: Channel = Channel.EMAIL, due: datetime = LATER) -> MessageScheduled:
    return MessageScheduled(
        message_id="m-1",
        user_id="ada",
        organisation_id="hiflow",
        channel=channel,
        language="fr",
        template_version=1,
        parcel_id="m-1",
        due_at=due,
        rule=RULE,
        scheduled_at=LATER,
    )


def make_due(at: datetime = LATER) -> MakeDue:
    return MakeDue(message_id="m-1", at=at)


def due(at: datetime = LATER) -> MessageDue:
    return MessageDue(message_id="m-1", due_at=at)


def note_sent(
    channel: Channel = Channel.EMAIL, receipt_by: datetime | None = None, attempt: int = 1
) -> NoteSent:
    return NoteSent(
        message_id="m-1",
        channel=channel,
        attempt=attempt,
        reference="<m-1@x>",
        receipt_by=receipt_by,
        at=LATER,
    )


def sent(
    channel: Channel = Channel.EMAIL, receipt_by: datetime | None = None, attempt: int = 1
) -> MessageSent:
    return MessageSent(
        message_id="m-1",
        user_id="ada",
        channel=channel,
        attempt=attempt,
        reference="<m-1@x>",
        receipt_by=receipt_by,
        sent_at=LATER,
        about="trip/t-1",
    )


def unreachable(channel: Channel = Channel.EMAIL) -> NoteUnreachable:
    return NoteUnreachable(message_id="m-1", channel=channel, detail="450 later", at=LATER)


def send_again(at: datetime = LATER) -> Requeue:
    return Requeue(message_id="m-1", by="lea", at=at)


def requeued(at: datetime = LATER) -> MessageRequeued:
    return MessageRequeued(message_id="m-1", user_id="ada", by="lea", requeued_at=at)


def attempt_failed(
    attempt: int = 1, seconds: int = 30, channel: Channel | None = Channel.EMAIL
) -> AttemptFailed:
    retry_at = LATER + timedelta(seconds=seconds)
    return AttemptFailed(
        message_id="m-1",
        user_id="ada",
        channel=channel,
        attempt=attempt,
        detail="450 later",
        retry_at=retry_at,
        failed_at=LATER,
    )


def refuse(channel: Channel = Channel.EMAIL) -> NoteRefused:
    detail = "550 no such mailbox"
    return NoteRefused(message_id="m-1", channel=channel, detail=detail, at=LATER)


def channel_failed(
    channel: Channel = Channel.EMAIL,
    reason: Reason = Reason.REFUSED,
    detail: str | None = "550 no such mailbox",
) -> ChannelFailed:
    return ChannelFailed(
        message_id="m-1",
        user_id="ada",
        channel=channel,
        reason=reason,
        detail=detail,
        failed_at=LATER,
    )


def note_delivered(channel: Channel = Channel.EMAIL) -> NoteDelivered:
    return NoteDelivered(message_id="m-1", channel=channel, at=LATER)


def delivered(channel: Channel = Channel.EMAIL) -> MessageDelivered:
    return MessageDelivered(
        message_id="m-1", user_id="ada", channel=channel, delivered_at=LATER, about="trip/t-1"
    )


def read(user: str = "ada") -> Read:
    return Read(message_id="m-1", user_id=user, at=LATER)


def was_read() -> MessageRead:
    return MessageRead(message_id="m-1", user_id="ada", read_at=LATER)


def miss_receipt() -> MissReceipt:
    return MissReceipt(message_id="m-1", at=LATER)


def give_up(reason: Reason = Reason.NO_ADDRESS) -> GiveUp:
    return GiveUp(message_id="m-1", reason=reason, at=LATER)


def failed(reason: Reason = Reason.NO_ADDRESS) -> MessageFailed:
    return MessageFailed(
        message_id="m-1", user_id="ada", reason=reason, failed_at=LATER, about="trip/t-1"
    )
