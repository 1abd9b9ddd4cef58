"""Notices: an event becomes messages, as the data of the service that recorded it says.

The id of a message follows from the event, so an event that comes again makes no second message. A
message expires, so history that is read much later says nothing any more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.common_v1 import Money
from contracts.messaging.message_v1 import Channel, Fact, Topic
from contracts.runtime import REDACTED
from services.messaging.message import Queue

MESSAGES = uuid5(NAMESPACE_URL, "relais:messaging:messages")
KEEPS = timedelta(days=7)
"""How long a message that has no end of its own is worth sending."""
PRESENT = "present"
ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One entry of a `notices.yaml`: somebody is told of an event.

    Texts that name a field of the event may go further in: `rule.id`. An event without the
    recipient or one of the facts is told to nobody, and neither is one whose personal facts were
    made unreadable.
    """

    template: str
    to: str
    """The field with the id of the recipient, or with those of several."""
    topic: Topic
    at: str
    """The field with the time of the event."""
    name: str = ""
    """Ids of messages follow from it; the name of the template where none is given."""
    about: Mapping[str, str] = field(default_factory=dict)
    """The thing it speaks of: `trip: trip_id` makes `trip/T1`. By default the recipient."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Field by fact of the template."""
    personal: Mapping[str, str] = field(default_factory=dict)
    """The same for facts about the recipient, which are sealed."""
    when: Mapping[str, bool | str | tuple[str, ...]] = field(default_factory=dict)
    """Conditions on fields: true or false, present or absent, or one of these members."""
    only: tuple[Channel, ...] = ()
    """A message by each of these channels, whatever the recipient chose."""
    former_addresses: bool = False
    """Former addresses are told as well."""
    distinct_by: str = ""
    """The field that tells apart two events of one instant."""
    expires_at: str = ""
    """The field with the time from which on the message is not sent; a week when there is none."""
    address: str = ""
    """The field with the address it goes to in place of the one that is known."""
    language: str = ""
    """The field with the language it is written in, in place of the one that is known."""


def react(notices: Mapping[type[Any], Sequence[Notice]], event: Any) -> list[Queue]:
    """The messages that the notices of its class make of an event."""
    return [
        command
        for notice in notices[type(event)]
        if holds(notice.when, event)
        for command in _queued(notice, event)
    ]


def target(command: Queue) -> str:
    """The message that the command makes."""
    return command.message_id


def value_of(event: Any, path: str) -> Any:
    """The value of a field of the event, or of a field of that; None where there is nothing."""
    found = event
    for name in path.split("."):
        found = None if found is None else getattr(found, name)
    return found


def written(value: Any) -> str:
    """A value as events carry it: 2030-05-31, `12500 EUR`, the name of a member in lower case."""
    match value:
        case Money(amount_minor=amount, currency=currency):
            return f"{amount} {currency}"
        case IntEnum():
            return value.name.lower()
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def holds(conditions: Mapping[str, bool | str | tuple[str, ...]], event: Any) -> bool:
    """Whether the fields of an event are as the conditions say."""
    return all(_holds(value_of(event, path), wanted) for path, wanted in conditions.items())


def _holds(value: Any, wanted: bool | str | tuple[str, ...]) -> bool:
    match wanted:
        case bool():
            return value is wanted
        case tuple():
            return value is not None and written(value) in wanted
        case _:
            return (value is not None) == (wanted == PRESENT)


def _queued(notice: Notice, event: Any) -> list[Queue]:
    facts = {name: value_of(event, path) for name, path in notice.facts.items()}
    personal = {name: value_of(event, path) for name, path in notice.personal.items()}
    address = value_of(event, notice.address) if notice.address else None
    to = value_of(event, notice.to)
    if None in (to, *facts.values(), *personal.values()):
        return []
    if REDACTED in (address, *personal.values()):
        return []
    [about] = [f"{kind}/{value_of(event, path)}" for kind, path in notice.about.items()] or [""]
    at = value_of(event, notice.at)
    part = value_of(event, notice.distinct_by) if notice.distinct_by else ""
    return [
        Queue(
            message_id=_id(
                recipient, notice, about, at, f"{channel.name if channel else ''}{part}"
            ),
            user_id=recipient,
            topic=notice.topic,
            template=notice.template,
            facts=tuple(Fact(name=name, value=written(value)) for name, value in facts.items()),
            private=json.dumps(personal) if personal else None,
            only=channel,
            former_addresses=notice.former_addresses,
            about=about or f"user/{recipient}",
            expires_at=value_of(event, notice.expires_at) if notice.expires_at else at + KEEPS,
            address=address,
            language=value_of(event, notice.language) if notice.language else None,
            at=at,
        )
        for recipient in (to if isinstance(to, tuple) else (to,))
        for channel in notice.only or (None,)
    ]


def _id(recipient: str, notice: Notice, about: str, at: datetime, way: str) -> str:
    name = notice.name or notice.template
    return f"m-{uuid5(MESSAGES, f'{recipient}|{name}|{about}|{at.isoformat()}|{way}').hex}"
