"""Reactions: an account says where its owner is reached, a trip where its client is."""

from datetime import datetime
from typing import assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    EmailChanged,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    PasswordSet,
    ProfileChanged,
    RecoveryCodesMade,
    RolesChanged,
    SessionsEnded,
    SignedIn,
    SubjectForgotten,
    TotpEnrolled,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserEvent,
    UserInvited,
)
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import TripEvent
from contracts.runtime import REDACTED
from services.messaging.preferences import ChangeAddress, ChangeReach, Forget, Meet

Command = Meet | ChangeReach | ChangeAddress | Forget


def react(event: UserEvent) -> list[Command]:
    match event:
        case UserInvited():
            return _met(event, event.phone, event.invited_at)
        case UserActivated():
            return _met(event, None, event.activated_at)
        case PasswordResetRequested():
            return _met(event, None, event.requested_at)
        case ProfileChanged(phone=phone):
            # What is unreadable is of somebody forgotten since.
            if phone == REDACTED:
                return []
            return [ChangeReach(event.user_id, event.language, phone, event.changed_at)]
        case EmailChanged(user_id=who, email=email, changed_at=at):
            return [] if email == REDACTED else [ChangeAddress(who, email, at)]
        case SubjectForgotten():
            return [Forget(event.user_id, event.forgotten_at)]
        case AgreementSigned() | PasswordSet() | TotpEnrolled() | TotpRemoved() | RolesChanged():
            return []
        case EmailChangeRequested() | RecoveryCodesMade():
            # Nobody is known to have the address yet.
            return []
        case LicenceChanged() | SignedIn() | SessionsEnded() | UserDeactivated():
            return []
        case unhandled:
            assert_never(unhandled)


def _met(
    event: UserInvited | UserActivated | PasswordResetRequested, phone: str | None, at: datetime
) -> list[Command]:
    if event.email == REDACTED:
        return []
    return [
        Meet(
            user_id=event.user_id,
            organisation_id=event.organisation_id,
            email=event.email,
            name=event.name,
            language=event.language,
            phone=phone,
            at=at,
        )
    ]


def clients(event: TripEvent) -> list[Command]:
    """The client of a trip has no account, and is met under the id of the trip."""
    if isinstance(event, trip_v1.SubjectForgotten):
        return [Forget(event.trip_id, event.forgotten_at)]
    if not isinstance(event, trip_v1.ClientNamed) or event.email == REDACTED:
        return []
    who, said = (event.trip_id, event.organisation_id), (event.email, event.name, event.language)
    return [Meet(*who, *said, phone=None, at=event.named_at)]


def target(command: Command) -> str:
    """The person whose stream takes the command."""
    return command.user_id
