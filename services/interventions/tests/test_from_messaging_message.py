"""The fate of messages is told to the case that asked for them."""

import pytest

from contracts.interventions.case_v1 import InvitationOutcome
from contracts.messaging.message_v1 import (
    Channel,
    MessageDelivered,
    MessageFailed,
    MessageSent,
    Reason,
)
from services.interventions.case.sending import FollowInvitation
from services.interventions.reactions.from_messaging_message import Reads, react, target
from services.interventions.tests.make import ID, LATER

ABOUT = "invitation/first-customer-email"


def sent(about: str | None = ABOUT) -> MessageSent:
    return MessageSent(
        message_id="m-1",
        user_id=ID,
        channel=Channel.EMAIL,
        attempt=1,
        reference="<m-1@x>",
        receipt_by=None,
        sent_at=LATER,
        about=about,
    )


DELIVERED = MessageDelivered(
    message_id="m-1", user_id=ID, channel=Channel.EMAIL, delivered_at=LATER, about=ABOUT
)
FAILED = MessageFailed(
    message_id="m-1", user_id=ID, reason=Reason.REFUSED, failed_at=LATER, about=ABOUT
)


@pytest.mark.requirement("G-46")
@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (sent(), InvitationOutcome.SENT),
        (DELIVERED, InvitationOutcome.DELIVERED),
        (FAILED, InvitationOutcome.FAILED),
    ],
)
def test_the_fate_of_an_invitation_is_told_to_its_case(
    event: Reads, outcome: InvitationOutcome
) -> None:
    [command] = react(event)
    assert command == FollowInvitation(
        case_id=ID,
        invitation_id="first-customer-email",
        message_id="m-1",
        outcome=outcome,
        at=LATER,
    )
    assert target(command) == ID


@pytest.mark.parametrize("about", [None, "trip/T1"])
def test_messages_about_other_things_are_passed_over(about: str | None) -> None:
    assert react(sent(about)) == []
