"""An organisation: what it is, and whom of the support its administrators let in for a while."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from contracts.accounts.organisation_v1 import (
    OrganisationEvent,
    OrganisationRegistered,
    Profile,
    ProfileChanged,
    SupportAccessEnded,
    SupportAccessGranted,
    SupportAccessRevoked,
)
from contracts.timers import CancelTimer, SetTimer
from services.accounts import terms

LONGEST_ACCESS = timedelta(hours=72)
LENT = frozenset({"logistics", "analyst", "operator"})
"""What may be lent to the support: nothing that touches money or users."""
TIMER = "support:"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    registration: OrganisationRegistered


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    organisation_id: str
    profile: Profile
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantSupportAccess:
    grant: SupportAccessGranted


@dataclass(frozen=True, slots=True)
class RevokeSupportAccess:
    organisation_id: str
    grant_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndSupportAccess:
    """Comes from the timer."""

    organisation_id: str
    grant_id: str
    at: datetime


RegisteredCommand = ChangeProfile | GrantSupportAccess | RevokeSupportAccess | EndSupportAccess
Command = RegisterOrganisation | RegisteredCommand

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchOrganisation:
    pass


@dataclass(frozen=True, slots=True)
class OrganisationIdTaken:
    organisation_id: str


@dataclass(frozen=True, slots=True)
class NoSuchGrant:
    pass


@dataclass(frozen=True, slots=True)
class RolesNotLent:
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeNotPossible:
    field: str
    until: datetime
    latest: datetime


Rejection = (
    NoSuchOrganisation
    | OrganisationIdTaken
    | NoSuchGrant
    | RolesNotLent
    | TimeNotPossible
    | terms.BadText
)

# --- State ------------------------------------------------------------------

Grant = SupportAccessGranted | SupportAccessRevoked | SupportAccessEnded


@dataclass(frozen=True, slots=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True)
class Registered:
    """Grants are what happened to them last, by their id."""

    registration: OrganisationRegistered
    profile: Profile
    grants: Mapping[str, Grant]


Organisation = Unregistered | Registered

initial: Organisation = Unregistered()


def evolve(organisation: Organisation, event: OrganisationEvent) -> Organisation:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, OrganisationRegistered):
        return Registered(event, event.profile, {})
    if not isinstance(organisation, Registered):
        return organisation
    match event:
        case ProfileChanged():
            return replace(organisation, profile=event.profile)
        case SupportAccessGranted() | SupportAccessRevoked() | SupportAccessEnded():
            return replace(organisation, grants={**organisation.grants, event.grant_id: event})
        case unhandled:
            assert_never(unhandled)


def access(
    organisation: Organisation, supporter_id: str, at: datetime
) -> SupportAccessGranted | None:
    """The grant that lets somebody of the support in at that time; the longest of several."""
    if not isinstance(organisation, Registered):
        return None
    open_ones = [
        grant
        for grant in organisation.grants.values()
        if isinstance(grant, SupportAccessGranted)
        and grant.supporter_id == supporter_id
        and at < grant.until
    ]
    return max(open_ones, key=lambda grant: grant.until, default=None)


# --- Decisions --------------------------------------------------------------

Decision = list[OrganisationEvent] | Rejection


def decide(command: Command, organisation: Organisation) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, RegisterOrganisation):
        return register(command, organisation)
    if isinstance(organisation, Unregistered):
        return NoSuchOrganisation()
    match command:
        case ChangeProfile():
            same = command.profile == organisation.profile
            changed = ProfileChanged(
                organisation_id=command.organisation_id,
                profile=command.profile,
                changed_at=command.at,
            )
            return [] if same else [changed]
        case GrantSupportAccess():
            return grant_access(command.grant, organisation)
        case RevokeSupportAccess():
            return revoke_access(command, organisation)
        case EndSupportAccess():
            return end_access(command, organisation)
        case unhandled:
            assert_never(unhandled)


def register(command: RegisterOrganisation, organisation: Organisation) -> Decision:
    registration = command.registration
    if isinstance(organisation, Unregistered):
        return [registration]
    known = replace(organisation.registration, registered_at=registration.registered_at)
    return [] if known == registration else OrganisationIdTaken(registration.organisation_id)


def grant_access(grant: SupportAccessGranted, organisation: Registered) -> Decision:
    if bad := terms.bad_text("reason", grant.reason):
        return bad
    kept = tuple(sorted(set(grant.roles) - LENT))
    if kept or not grant.roles:
        return RolesNotLent(kept)
    latest = grant.granted_at + LONGEST_ACCESS
    if not grant.granted_at < grant.until <= latest:
        return TimeNotPossible("until", grant.until, latest)
    return [] if grant.grant_id in organisation.grants else [grant]


def revoke_access(command: RevokeSupportAccess, organisation: Registered) -> Decision:
    grant = organisation.grants.get(command.grant_id)
    if grant is None:
        return NoSuchGrant()
    if not isinstance(grant, SupportAccessGranted):
        return []
    return [
        SupportAccessRevoked(
            organisation_id=command.organisation_id,
            grant_id=command.grant_id,
            supporter_id=grant.supporter_id,
            revoked_by=command.by,
            revoked_at=command.at,
        )
    ]


def end_access(command: EndSupportAccess, organisation: Registered) -> Decision:
    grant = organisation.grants.get(command.grant_id)
    if not isinstance(grant, SupportAccessGranted) or command.at < grant.until:
        return []
    return [
        SupportAccessEnded(
            organisation_id=command.organisation_id,
            grant_id=command.grant_id,
            supporter_id=grant.supporter_id,
            ended_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: OrganisationEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """The end of an access is a fact of its own, so that everybody learns of it."""
    match event:
        case SupportAccessGranted():
            return (SetTimer(TIMER + event.grant_id, event.until),)
        case SupportAccessRevoked():
            return (CancelTimer(TIMER + event.grant_id),)
        case OrganisationRegistered() | ProfileChanged() | SupportAccessEnded():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, organisation_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if not name.startswith(TIMER):
        raise LookupError(name)
    return EndSupportAccess(organisation_id, name.removeprefix(TIMER), due)
