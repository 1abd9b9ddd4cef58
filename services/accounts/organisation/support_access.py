"""Support access: an administrator lets somebody of the support in, for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.accounts.organisation_v1 import (
    OrganisationEvent,
    SupportAccessEnded,
    SupportAccessGranted,
    SupportAccessRevoked,
)
from contracts.timers import CancelTimer, SetTimer
from services.accounts import terms

LONGEST_ACCESS = timedelta(hours=72)
LENT = frozenset({"logistics", "analyst", "operator"})
"""The roles that the support may be lent: none that touches money or users."""
TIMER = "support:"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSupportAccess:
    """`is_member`: whether the organisation has the supporter already."""

    organisation_id: str
    grant_id: str
    supporter_id: str
    is_member: bool
    roles: tuple[str, ...]
    reason: str
    until: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSupportAccess:
    organisation_id: str
    grant_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSupportAccess:
    """Comes from the timer."""

    organisation_id: str
    grant_id: str
    at: datetime


Command = GrantSupportAccess | RevokeSupportAccess | EndSupportAccess

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchGrant:
    pass


@dataclass(frozen=True, slots=True)
class RolesNotLent:
    roles: tuple[str, ...]

    @property
    def lent(self) -> tuple[str, ...]:
        return tuple(sorted(LENT))


@dataclass(frozen=True, slots=True)
class SupporterIsMember:
    """Nobody takes another role in their own organisation through an access of the support."""


@dataclass(frozen=True, slots=True)
class TimeNotPossible:
    field: str
    until: datetime
    latest: datetime


Rejection = NoSuchGrant | RolesNotLent | SupporterIsMember | TimeNotPossible | terms.BadText

# --- State ------------------------------------------------------------------

Grant = SupportAccessGranted | SupportAccessRevoked | SupportAccessEnded
"""The latest event about a support access."""


def open_for(
    grants: Mapping[str, Grant], supporter_id: str, at: datetime
) -> SupportAccessGranted | None:
    """The grant that lets somebody of the support in at that time; the longest of several."""
    open_ones = [
        grant
        for grant in grants.values()
        if isinstance(grant, SupportAccessGranted)
        and grant.supporter_id == supporter_id
        and at < grant.until
    ]
    return max(open_ones, key=lambda grant: grant.until, default=None)


# --- Decisions --------------------------------------------------------------

Decision = list[OrganisationEvent] | Rejection


def grant(command: GrantSupportAccess, grants: Mapping[str, Grant]) -> Decision:
    if bad := terms.bad_text("reason", command.reason):
        return bad
    kept = tuple(sorted(set(command.roles) - LENT))
    if kept or not command.roles:
        return RolesNotLent(kept)
    if command.is_member:
        return SupporterIsMember()
    latest = command.at + LONGEST_ACCESS
    if not command.at < command.until <= latest:
        return TimeNotPossible("until", command.until, latest)
    if command.grant_id in grants:
        return []
    return [
        SupportAccessGranted(
            organisation_id=command.organisation_id,
            grant_id=command.grant_id,
            supporter_id=command.supporter_id,
            roles=tuple(sorted(set(command.roles))),
            reason=command.reason,
            granted_by=command.by,
            until=command.until,
            granted_at=command.at,
        )
    ]


def revoke(command: RevokeSupportAccess, grants: Mapping[str, Grant]) -> Decision:
    grant = grants.get(command.grant_id)
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


def end(command: EndSupportAccess, grants: Mapping[str, Grant]) -> Decision:
    grant = grants.get(command.grant_id)
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


def timers(
    event: SupportAccessGranted | SupportAccessRevoked,
) -> tuple[SetTimer | CancelTimer, ...]:
    """The end of an access is a fact of its own, so that everybody learns of it."""
    match event:
        case SupportAccessGranted():
            return (SetTimer(TIMER + event.grant_id, event.until),)
        case SupportAccessRevoked():
            return (CancelTimer(TIMER + event.grant_id),)


def on_timer(name: str, organisation_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if not name.startswith(TIMER):
        raise LookupError(name)
    return EndSupportAccess(
        organisation_id=organisation_id, grant_id=name.removeprefix(TIMER), at=due
    )
