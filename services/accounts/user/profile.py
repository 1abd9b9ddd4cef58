"""The profile that users keep themselves: how to reach them, where they live, their photo."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.accounts.user_v1 import ProfileChanged, UserEvent
from contracts.common_v1 import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProfile:
    """The whole profile: what is absent is not known any more."""

    user_id: str
    organisation_id: str
    language: str
    phone: str | None
    photo_file_id: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    location: Point | None
    at: datetime


def change(command: ChangeProfile, known: ProfileChanged | None) -> list[UserEvent]:
    changed = ProfileChanged(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        language=command.language,
        phone=command.phone,
        photo_file_id=command.photo_file_id,
        street=command.street,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        location=command.location,
        changed_at=command.at,
    )
    same = known is not None and replace(known, changed_at=command.at) == changed
    return [] if same else [changed]
