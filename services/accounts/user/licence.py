"""The driving licence of a user."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from contracts.accounts.user_v1 import LicenceChanged, UserEvent
from services.accounts import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLicence:
    """The licence as it is from now on."""

    user_id: str
    organisation_id: str
    number: str
    country: str
    categories: tuple[str, ...]
    issued_on: date
    expires_on: date | None
    today: date
    at: datetime


def change(command: ChangeLicence, known: LicenceChanged | None) -> list[UserEvent] | terms.BadDay:
    if bad := terms.bad_issue("issued_on", command.issued_on, command.today):
        return bad
    if bad := terms.bad_end("expires_on", command.expires_on, command.today):
        return bad
    changed = LicenceChanged(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        number=command.number,
        country=command.country,
        categories=command.categories,
        issued_on=command.issued_on,
        expires_on=command.expires_on,
        changed_at=command.at,
    )
    same = known is not None and replace(known, changed_at=command.at) == changed
    return [] if same else [changed]
