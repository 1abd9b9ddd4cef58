"""Notices fit the events that they tell of: fields, personal data, templates and labels."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import IntEnum
from inspect import isclass
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from contracts.common_v1 import Money
from contracts.index import contracts
from contracts.runtime import EventType
from infra import catalogues as texts
from infra.catalogues import OTHER, Content
from services.messaging.adapters import notices as declared
from services.messaging.adapters.notices import Declared
from services.messaging.reactions.contacts import Contact, Farewell
from services.messaging.reactions.notices import ABSENT, PRESENT, Notice
from tools.checks.source import Finding, Tree, line_of
from tools.checks.texts import words

RULE = "notices"
KINDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    Money: "money",
    date: "day",
    datetime: "day",
}
"""The kind of a fact by the type of its field; an enumeration has labels."""
USERS = "accounts"
"""The service whose people messaging knows without a contact."""
EVENTS: Mapping[str, tuple[str, EventType[Any]]] = {
    kind.type: (contract.service, kind) for contract in contracts for kind in contract.types
}


def notices(tree: Tree) -> Iterator[Finding]:
    """Each `notices.yaml` speaks of events of its service, by fields and templates there are."""
    for path in sorted(path for path in tree.files if path.name == declared.FILE):
        try:
            found = declared.read(tree.files[path])
            own = texts.read(tree.files.get(path.with_name(texts.FILE), "{}"))
            content = own.model_copy(update={"labels": {**words(tree).labels, **own.labels}})
        except ValueError as error:
            yield Finding(path, 1, RULE, str(error))
            continue
        for name, complaint in _complaints(found, path.parts[1], content):
            yield Finding(path, line_of(tree.files[path], name), RULE, complaint)


def _complaints(found: Declared, service: str, content: Content) -> Iterator[tuple[str, str]]:
    """The type of an event, and what is wrong with an entry there."""
    met = {one.person for one in found.contacts.values()}
    entries: list[tuple[str, Notice | Contact | Farewell]] = [
        *((name, notice) for name, told in found.notices.items() for notice in told),
        *found.contacts.items(),
        *found.forgotten.items(),
    ]
    for name, entry in entries:
        owner, event = EVENTS.get(name, ("", None))
        if event is None:
            yield name, f"no contract has an event {name}"
        elif owner != service:
            yield name, f"{name} is of {owner}, which has notices of its own"
        elif isinstance(entry, Notice):
            if entry.address and service != USERS and entry.to not in met:
                yield (
                    name,
                    f"{entry.template}: no contact says who {entry.to} is",
                )
            for complaint in (*_of_fields(entry, event), *_of_facts(entry, event, content)):
                yield name, f"{entry.template}: {complaint}"
        else:
            yield from ((name, complaint) for complaint in _of_contact(entry, event))


def _field(event: EventType[Any], path: str) -> tuple[Any, bool] | None:
    """The type of a field, or of a field of that, and whether it may be absent."""
    found: Any = event.cls
    may_be_absent = False
    for name in path.split("."):
        if (found := get_type_hints(found).get(name)) is None:
            return None
        if isinstance(found, UnionType):
            may_be_absent = True
            [found] = [option for option in get_args(found) if option is not NoneType]
    return found, may_be_absent


# --- Fields -----------------------------------------------------------------


def _of_fields(notice: Notice, event: EventType[Any]) -> Iterator[str]:
    """The fields that are no facts."""
    ids = (notice.distinct_by, notice.address, *notice.about.values())
    yield from _of_type(event, str, ids)
    if _field(event, notice.to) != (tuple[str, ...], False):
        yield from _of_type(event, str, (notice.to,))
    yield from _of_type(event, datetime, (notice.at, notice.expires_at))
    if len(notice.about) > 1:
        yield "a message speaks of one thing"
    yield from _of_conditions(event, notice.when)


def _of_conditions(
    event: EventType[Any], conditions: Mapping[str, bool | str | tuple[str, ...]]
) -> Iterator[str]:
    for path, wanted in conditions.items():
        if not _may_be(event, path, wanted):
            yield f"{path} is never {wanted}"


def _of_contact(entry: Contact | Farewell, event: EventType[Any]) -> Iterator[str]:
    yield from _of_type(event, datetime, (entry.at,))
    yield from _of_type(event, str, (entry.person,))
    if isinstance(entry, Contact):
        told = (entry.organisation, entry.email, entry.name, entry.language)
        yield from _of_type(event, str, told)
        yield from _of_conditions(event, entry.when)


def _of_type(event: EventType[Any], wanted: type, paths: Iterable[str]) -> Iterator[str]:
    for path in filter(None, paths):
        found = _field(event, path)
        if found is None or found[0] is not wanted:
            yield f"{event.cls.__name__} has no field {path} that is a {wanted.__name__}"


def _may_be(event: EventType[Any], path: str, wanted: bool | str | tuple[str, ...]) -> bool:
    if (found := _field(event, path)) is None:
        return False
    field, may_be_absent = found
    match wanted:
        case bool():
            return field is bool
        case tuple():
            return set(wanted) <= _members(field)
        case _:
            return may_be_absent and wanted in (PRESENT, ABSENT)


def _members(field: Any) -> set[str]:
    """The names of an enumeration; of anything else none."""
    is_enumeration = isclass(field) and issubclass(field, IntEnum)
    return {member.name.lower() for member in field} if is_enumeration else set()


# --- Facts ------------------------------------------------------------------


def _of_facts(notice: Notice, event: EventType[Any], content: Content) -> Iterator[str]:
    """The newest version of the template has just these facts, of the kinds of their fields."""
    yield from _of_privacy(notice, event)
    versions = content.templates.get(notice.template)
    if versions is None:
        yield "there is no such template"
        return
    template = versions[max(versions)]
    facts = {**notice.facts, **notice.personal}
    if facts.keys() != template.facts.keys():
        yield f"the template is told of: {', '.join(template.facts)}"
        return
    for name, path in facts.items():
        found = _field(event, path)
        if found is None:
            yield f"{event.cls.__name__} has no field {path}"
        else:
            yield from _of_kind(found[0], path, template.facts[name].kind, content)


def _of_privacy(notice: Notice, event: EventType[Any]) -> Iterator[str]:
    """Data that is sealed in the event is sealed in the message, for the same person."""
    subjects = dict(event.personal)
    for path in notice.facts.values():
        if path in subjects:
            yield f"{path} is personal data, and no plain fact"
    for path in filter(None, (*notice.personal.values(), notice.address)):
        if subjects.get(path) != notice.to:
            yield f"{path} is no personal data about {notice.to}"


def _of_kind(field: Any, path: str, kind: str, content: Content) -> Iterator[str]:
    labels = content.labels.get(kind)
    if labels is None:
        if KINDS.get(field) != ("number" if kind in content.plurals else kind):
            yield f"{path} is no {kind}"
    elif members := _members(field):
        if labels.keys() != members:
            yield f"{kind} has not just the members of {field.__name__}"
    elif field is not str or OTHER not in labels:
        yield f"{path} is not always one of {kind}: a text needs a label `{OTHER}`"
