"""What the front end sends, and what it is shown of messages and preferences."""

from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, StringConstraints

from contracts.messaging.message_v1 import MessageQueued
from contracts.messaging.preferences_v1 import Channel, Choice, Immediacy, QuietHours, Topic
from infra.http.models import Body, Named, Text
from services.messaging import message, preferences, routing

MinuteOfDay = Annotated[int, Field(ge=0, lt=preferences.MINUTES_A_DAY)]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,128}$")]


class ChoiceBody(Body):
    topic: Annotated[Topic, Named()]
    channel: Annotated[Channel, Named()]
    immediacy: Annotated[Immediacy, Named()]


class QuietBody(Body):
    """Minutes after midnight; over midnight when it ends before it begins."""

    from_minute: MinuteOfDay
    until_minute: MinuteOfDay


class PreferencesBody(Body):
    """All that somebody wants; what is not named is as by default."""

    choices: Annotated[tuple[ChoiceBody, ...], Field(max_length=50, strict=False)]
    quiet_hours: QuietBody | None = None
    time_zone: ZoneName

    def chosen(self) -> tuple[Choice, ...]:
        """The contract's values."""
        return tuple(Choice(c.topic, c.channel, c.immediacy) for c in self.choices)

    def quiet(self) -> QuietHours | None:
        """The contract's value."""
        if self.quiet_hours is None:
            return None
        return QuietHours(
            from_minute=self.quiet_hours.from_minute, until_minute=self.quiet_hours.until_minute
        )


class ReceiptBody(Body):
    """What the gateway says became of a message."""

    reference: Key
    """As it was given with the message."""
    status: Literal["delivered", "failed"]
    reason: Text = ""


def preferences_shown(person: preferences.Recipient) -> dict[str, Any]:
    """The whole matrix, defaults included."""
    return {
        "choices": [
            {
                "topic": topic,
                "channel": channel,
                "immediacy": person.immediacy(topic, channel),
                "compulsory": topic in routing.COMPULSORY,
                "reachable": person.address(channel) is not None,
            }
            for topic in Topic
            for channel in Channel
        ],
        "quiet_hours": person.quiet_hours,
        "time_zone": person.time_zone,
        "language": person.contact.language,
    }


def status(found: message.Message) -> dict[str, Any]:
    """How a message stands now."""
    match found:
        case message.Unknown():
            return {}
        case message.Waiting():
            return _of(found.queued, "queued") | {"reason": found.last_reason}
        case message.Scheduled():
            return _of(found.queued, "queued") | {"plan": found.plan, "attempts": found.attempts}
        case message.Sent():
            return _of(found.queued, "sent") | {"plan": found.plan}
        case message.Delivered():
            return _of(found.queued, "delivered") | {"plan": found.plan}
        case message.Failed():
            return _of(found.queued, "failed") | {"reason": found.reason}
        case unhandled:
            assert_never(unhandled)


def _of(queued: MessageQueued, now: str) -> dict[str, Any]:
    # Without `private`: it may hold the link that sets a password.
    return {
        "message_id": queued.message_id,
        "user_id": queued.user_id,
        "topic": queued.topic,
        "template": queued.template,
        "facts": queued.facts,
        "about": queued.about,
        "status": now,
        "queued_at": queued.queued_at,
        "expires_at": queued.expires_at,
    }
