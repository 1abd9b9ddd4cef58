"""Contacts: an event says where somebody is reached who has no account.

Which events do is data of the services that record them, in their `notices.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.runtime import REDACTED
from services.messaging.preferences import Forget, Meet
from services.messaging.reactions.notices import holds, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An entry of `contacts`: each text names the field of the event that has the value."""

    person: str
    organisation: str
    email: str
    name: str
    language: str
    at: str
    phone: str = ""
    """Left out where no event has one."""
    when: Mapping[str, bool | str | tuple[str, ...]] = field(default_factory=dict)
    """Conditions on fields, as of notices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """An entry of `forgotten`: the event says that nobody may know of the person any more."""

    person: str
    at: str


def react(entries: Mapping[type[Any], Contact | Farewell], event: Any) -> list[Meet | Forget]:
    """The command that the entry of its class makes of an event."""
    entry = entries[type(event)]
    person, at = value_of(event, entry.person), value_of(event, entry.at)
    if isinstance(entry, Farewell):
        return [Forget(user_id=person, at=at)]
    if not holds(entry.when, event):
        return []
    email, name = value_of(event, entry.email), value_of(event, entry.name)
    phone = value_of(event, entry.phone) if entry.phone else None
    if REDACTED in (email, name, phone):
        return []
    return [
        Meet(
            user_id=person,
            organisation_id=value_of(event, entry.organisation),
            email=email,
            name=name,
            language=value_of(event, entry.language),
            phone=phone,
            at=at,
        )
    ]


def target(command: Meet | Forget) -> str:
    """The person whose stream takes the command."""
    return command.user_id
