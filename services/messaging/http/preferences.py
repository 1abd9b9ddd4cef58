"""HTTP: what people want to be told, how and when."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.messaging.preferences_v1 import Channel, Choice, Immediacy, QuietHours, Topic
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Named
from infra.http.request_context import MEMBERS, RequestContext, requires
from services.messaging import preferences
from services.messaging.aggregates import PREFERENCES
from services.messaging.http.messages import may_see
from services.messaging.message import routing

Anyone = Annotated[RequestContext, requires(*MEMBERS)]

# --- Bodies and answers -----------------------------------------------------

MinuteOfDay = Annotated[int, Field(ge=0, lt=preferences.MINUTES_A_DAY)]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]


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
        return tuple(
            Choice(topic=c.topic, channel=c.channel, immediacy=c.immediacy) for c in self.choices
        )

    def quiet(self) -> QuietHours | None:
        """The contract's value."""
        if self.quiet_hours is None:
            return None
        return QuietHours(
            from_minute=self.quiet_hours.from_minute, until_minute=self.quiet_hours.until_minute
        )


class ChoiceShown(Answer):
    """How messages of a topic come by a channel."""

    topic: Annotated[Topic, Named()]
    channel: Annotated[Channel, Named()]
    immediacy: Annotated[Immediacy, Named()]
    compulsory: bool
    """They come at once, whatever was chosen."""
    reachable: bool
    """Whether an address for the channel is known."""


class QuietHoursShown(Answer):
    """Minutes after midnight; over midnight when it ends before it begins."""

    from_minute: int
    until_minute: int


class PreferencesShown(Answer):
    """The choices of somebody who is told things: the whole matrix, defaults included."""

    choices: list[ChoiceShown]
    quiet_hours: QuietHoursShown | None
    time_zone: str
    language: str


# --- Routes -----------------------------------------------------------------

router = Router("Preferences")


@router.get("/preferences")
async def show_preferences(context: Anyone) -> Answered[PreferencesShown]:
    """The caller's choices of what they are told, how and when; the whole matrix."""
    found = await context.load(PREFERENCES, context.principal.subject)
    person = found.state
    if not isinstance(person, preferences.Recipient) or not may_see(context, person):
        raise context.refuse(preferences.NoSuchRecipient())
    return context.show(_shown(person), found)


@router.put("/preferences")
async def choose_preferences(body: PreferencesBody, context: Anyone) -> Answered[Recorded]:
    """Choose what one wants to be told, how and when. Money and security come anyway."""
    command = preferences.Choose(
        user_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        choices=body.chosen(),
        quiet_hours=body.quiet(),
        time_zone=body.time_zone,
        at=context.occurred_at,
    )
    return await context.handle(PREFERENCES, context.principal.subject, command)


def _shown(person: preferences.Recipient) -> PreferencesShown:
    quiet = person.quiet_hours
    return PreferencesShown(
        choices=[
            ChoiceShown(
                topic=topic,
                channel=channel,
                immediacy=person.immediacy(topic, channel),
                compulsory=topic in routing.COMPULSORY,
                reachable=person.address(channel) is not None,
            )
            for topic in Topic
            for channel in Channel
        ],
        quiet_hours=None if quiet is None else QuietHoursShown.of(quiet),
        time_zone=person.time_zone,
        language=person.contact.language,
    )
