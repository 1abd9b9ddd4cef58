"""Reaction: who has the account of a driver is a driver; a closed account takes no new work."""

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
    Role,
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
from contracts.missions.driver_v1 import DriverRegistered, HomeChanged, PhoneChanged
from contracts.runtime import REDACTED
from services.missions.driver import Admit, FollowProfile, Suspend

Command = Admit | FollowProfile | Suspend


def react(event: UserEvent) -> list[Command]:
    """What is unreadable is of somebody forgotten since, who is made nobody again."""
    match event:
        case UserActivated():
            return _admitted(event)
        case ProfileChanged():
            return _told(event)
        case UserDeactivated():
            return [Suspend(event.user_id, event.organisation_id, event.deactivated_at)]
        case UserInvited() | AgreementSigned() | RolesChanged() | LicenceChanged():
            return []
        case PasswordResetRequested() | PasswordSet() | TotpEnrolled() | TotpRemoved():
            return []
        case EmailChangeRequested() | EmailChanged() | RecoveryCodesMade():
            return []
        case SignedIn() | SessionsEnded() | SubjectForgotten():
            return []
        case unhandled:
            assert_never(unhandled)


def _admitted(event: UserActivated) -> list[Command]:
    if Role.DRIVER not in event.roles or event.name == REDACTED:
        return []
    who = (event.user_id, event.organisation_id, event.name, event.phone)
    return [Admit(DriverRegistered(*who, event.activated_at))]


def _told(event: ProfileChanged) -> list[Command]:
    if REDACTED in (event.phone, event.street):
        return []
    who, at = event.user_id, event.changed_at
    street, code, city, point = event.street, event.postal_code, event.city, event.location
    facts: tuple[HomeChanged | PhoneChanged, ...] = ()
    if street and code and city and point:
        facts += (
            HomeChanged(
                driver_id=who,
                street=street,
                postal_code=code,
                city=city,
                location=point,
                changed_at=at,
            ),
        )
    if event.phone:
        facts += (PhoneChanged(driver_id=who, phone=event.phone, changed_at=at),)
    return [FollowProfile(who, event.organisation_id, facts)]


def target(command: Command) -> str:
    """The driver whose stream takes the command."""
    return command.fact.driver_id if isinstance(command, Admit) else command.driver_id
