"""Reaction: an account says where its owner is reached."""

from datetime import datetime
from typing import assert_never

from contracts.accounts.user_v1 import (
    DetailsChanged,
    EmailChanged,
    PasswordResetRequested,
    PhoneChanged,
    PhoneCodeRequested,
    ProfileChanged,
    SubjectForgotten,
    UserActivated,
    UserInvited,
)
from contracts.runtime import REDACTED
from services.messaging.preferences import ChangeAddress, ChangeNumber, ChangeReach, Forget, Meet

Introduction = UserInvited | UserActivated | PasswordResetRequested | DetailsChanged
Reads = (
    Introduction
    | PhoneCodeRequested
    | ProfileChanged
    | EmailChanged
    | PhoneChanged
    | SubjectForgotten
)
Command = Meet | ChangeAddress | ChangeNumber | ChangeReach | Forget


def react(event: Reads) -> list[Command]:
    match event:
        case UserInvited():
            return _met(event, event.phone, event.invited_at)
        case UserActivated():
            return _met(event, None, event.activated_at)
        case PasswordResetRequested():
            return _met(event, None, event.requested_at)
        case PhoneCodeRequested():
            return _announced(event)
        case ProfileChanged():
            return _reach(event)
        case DetailsChanged():
            return _met(event, event.phone, event.changed_at)
        case EmailChanged(email=email):
            if email == REDACTED:
                return []
            return [ChangeAddress(user_id=event.user_id, email=email, at=event.changed_at)]
        case PhoneChanged(phone=phone):
            if phone == REDACTED:
                return []
            return [ChangeNumber(user_id=event.user_id, phone=phone, at=event.changed_at)]
        case SubjectForgotten():
            return [Forget(user_id=event.user_id, at=event.forgotten_at)]
        case unhandled:
            assert_never(unhandled)


def target(command: Command) -> str:
    """The person whose stream takes the command."""
    return command.user_id


def _met(event: Introduction, phone: str | None, at: datetime) -> list[Command]:
    if REDACTED in (event.email, event.name):
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


def _announced(event: PhoneCodeRequested) -> list[Command]:
    """The phone is all that is known of somebody who is to register."""
    if event.phone == REDACTED:
        return []
    return [
        Meet(
            user_id=event.user_id,
            organisation_id=event.organisation_id,
            email=None,
            name=event.phone,
            language=event.language,
            phone=event.phone,
            at=event.requested_at,
        )
    ]


def _reach(event: ProfileChanged) -> list[Command]:
    if event.phone == REDACTED:
        # Somebody who was forgotten since.
        return []
    return [
        ChangeReach(
            user_id=event.user_id,
            language=event.language,
            phone=event.phone,
            at=event.changed_at,
        )
    ]
