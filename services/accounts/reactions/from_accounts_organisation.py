"""Reaction: whoever registered a partner, or signed up a company, becomes its first administrator.

As a rule the request that registers has done so already.
"""

from typing import assert_never

from contracts.accounts.organisation_v1 import CompanySignedUp, RegistrationSubmitted
from contracts.runtime import REDACTED
from services.accounts.user.registration import AdmitUser, admitting, admitting_by_invitation

Reads = RegistrationSubmitted | CompanySignedUp


def react(event: Reads) -> list[AdmitUser]:
    """Nothing follows from an unreadable event: its manager has been forgotten since."""
    match event:
        case RegistrationSubmitted():
            return [] if event.phone == REDACTED else [admitting(event)]
        case CompanySignedUp():
            return [] if event.email == REDACTED else [admitting_by_invitation(event)]
        case unhandled:
            assert_never(unhandled)


def target(command: AdmitUser) -> str:
    """The user whose stream takes the command."""
    return command.user_id
