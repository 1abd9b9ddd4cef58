"""Reads what each service says in its `notices/notices.yaml`: who is told of which event.

Services are found, not listed, so a new one needs no change here. `make check` holds the files to
the contracts; what is read here is known to fit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import or_
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from contracts.index import contracts
from contracts.messaging.message_v1 import Channel, Topic
from infra.commands import Aggregate
from infra.consumers.reactions import Reaction
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.reactions import contacts, notices
from services.messaging.reactions.contacts import Contact, Farewell
from services.messaging.reactions.notices import Notice

FILE = "notices.yaml"


class Declared(BaseModel):
    """A `notices.yaml`: entries under the CloudEvents types of their events."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    notices: Mapping[str, tuple[Notice, ...]]
    contacts: Mapping[str, Contact] = {}
    """Events that make people known who have no account."""
    forgotten: Mapping[str, Farewell] = {}
    """Events that end this."""


def folders() -> Mapping[str, Traversable]:
    """The folder `notices` of each service that has one, by the name of the service."""
    found = {service.name: service / "notices" for service in files("services").iterdir()}
    return {name: found[name] for name in sorted(found) if found[name].is_dir()}


def read(text: str) -> Declared:
    """The content of a `notices.yaml`. Raises ValueError for an unknown or a missing word."""
    try:
        content = yaml.safe_load(text)
        told = {type: [*map(_with_members, told)] for type, told in content["notices"].items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return Declared.model_validate({**content, "notices": told})


def _with_members(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The topic and the channels as members, whose names stand there in lower case."""
    only = tuple(Channel[name.upper()] for name in entry.get("only", ()))
    return {**entry, "topic": Topic[entry["topic"].upper()], "only": only}


def reactions() -> tuple[Reaction[Any], ...]:
    """For each contract that the files name: one that tells people, one that takes contacts."""
    told: dict[str, Sequence[Notice]] = {}
    known: dict[str, Contact | Farewell] = {}
    for folder in folders().values():
        if (file := folder / FILE).is_file():
            declared = read(file.read_text(encoding="utf-8"))
            told |= declared.notices
            known |= {**declared.contacts, **declared.forgotten}
    return (
        *_reactions("notices", told, notices.react, MESSAGE, notices.target),
        *_reactions("contacts", known, contacts.react, PREFERENCES, contacts.target),
    )


def _reactions(
    purpose: str,
    entries: Mapping[str, Any],
    react: Callable[[Mapping[type[Any], Any], Any], Sequence[Any]],
    aggregate: Aggregate[Any, Any, Any, Any],
    target: Callable[[Any], str],
) -> Iterator[Reaction[Any]]:
    for contract in contracts:
        rules = {kind.cls: entries[kind.type] for kind in contract.types if kind.type in entries}
        if rules:
            yield Reaction(
                name=f"{purpose}_{contract.service}_{contract.name}",
                contract=contract,
                react=_reacting(react, rules),
                aggregate=aggregate,
                target=target,
                reads=reduce(or_, rules),
            )


def _reacting(
    react: Callable[[Mapping[type[Any], Any], Any], Sequence[Any]],
    rules: Mapping[type[Any], Any],
) -> Callable[[Any], Sequence[Any]]:
    def reacting(event: Any) -> Sequence[Any]:
        return react(rules, event)

    # A reaction has to take exactly the events that it reads; these are known here only.
    reacting.__annotations__["event"] = reduce(or_, rules)
    return reacting
