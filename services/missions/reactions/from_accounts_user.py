"""Reaction: whoever has the account of a driver is a driver, until the account is closed."""

from typing import assert_never

from contracts.accounts.user_v1 import ProfileChanged, Role, UserActivated, UserDeactivated
from contracts.runtime import REDACTED
from services.missions.driver import Admit, FollowProfile, Home, Suspend

Reads = UserActivated | ProfileChanged | UserDeactivated
Command = Admit | FollowProfile | Suspend


def react(event: Reads) -> list[Command]:
    """Nothing follows from an unreadable event: its subject has been forgotten since."""
    match event:
        case UserActivated():
            return _admitted(event)
        case ProfileChanged():
            return _profile_followed(event)
        case UserDeactivated():
            return [
                Suspend(
                    driver_id=event.user_id,
                    organisation_id=event.organisation_id,
                    at=event.deactivated_at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def _admitted(event: UserActivated) -> list[Command]:
    if Role.DRIVER not in event.roles or event.name == REDACTED:
        return []
    return [
        Admit(
            driver_id=event.user_id,
            organisation_id=event.organisation_id,
            name=event.name,
            phone=event.phone,
            at=event.activated_at,
        )
    ]


def _profile_followed(event: ProfileChanged) -> list[Command]:
    if REDACTED in (event.phone, event.street):
        return []
    return [
        FollowProfile(
            driver_id=event.user_id,
            organisation_id=event.organisation_id,
            home=_home(event),
            phone=event.phone or None,
            at=event.changed_at,
        )
    ]


def _home(event: ProfileChanged) -> Home | None:
    if not (event.street and event.postal_code and event.city and event.location):
        return None
    return Home(
        street=event.street,
        postal_code=event.postal_code,
        city=event.city,
        location=event.location,
    )


def target(command: Command) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
