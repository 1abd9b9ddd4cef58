"""Reaction: whoever registered a partner becomes its first administrator.

As a rule the request that registers has done so already.
"""

from contracts.accounts.organisation_v1 import RegistrationSubmitted
from contracts.runtime import REDACTED
from services.accounts.user.registration import AdmitUser, admitting

Reads = RegistrationSubmitted


def react(event: Reads) -> list[AdmitUser]:
    """Nothing follows from an unreadable event: its manager has been forgotten since."""
    return [] if event.phone == REDACTED else [admitting(event)]


def target(command: AdmitUser) -> str:
    """The user whose stream takes the command."""
    return command.user_id
