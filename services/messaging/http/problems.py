"""The one place where a rule that says no becomes an HTTP answer."""

from typing import assert_never

from services.messaging import message, preferences

Rejection = message.Rejection | preferences.Rejection


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it cannot be done as things stand, 422 that such
    a thing can never be.
    """
    match rejection:
        case message.NoSuchMessage():
            return 404, "There is no such message."
        case message.MessageWasSent():
            return 409, "The message was sent; only one that has failed is sent again."
        case message.MessageIsOutOfDate():
            return 409, "The message would say what is no longer so."
        case preferences.NoSuchRecipient():
            return 404, "We do not know where to write to you yet."
        case preferences.CellNamedTwice(topic=topic, channel=channel):
            return 422, f"{topic.name.lower()} by {channel.name.lower()} is chosen twice."
        case preferences.QuietHoursNotPossible(from_minute=begin, until_minute=end):
            return 422, f"Quiet hours go from one minute of the day to another, not {begin}-{end}."
        case preferences.NoSuchTimeZone(name=name):
            return 422, f"{name} is no time zone, like Europe/Paris."
        case unhandled:
            assert_never(unhandled)
