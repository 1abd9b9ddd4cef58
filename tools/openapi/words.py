"""Words for people: each value that a document names has some, and no other value has."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.catalogues import OTHER, Content
from infra.http.models import CODES
from infra.words import FROM_CLDR, Used

FOLDER = Path("contracts/words")
EVENT_TYPE = "EventType"
BY_FIELD = {EVENT_TYPE: "type", "Gone": "status"}
"""Names for values that are in no enumeration, each the constant of such a field in its schema: the
types of events, and the status of whom nothing is known any more."""
Labels = Mapping[str, Mapping[str, str]]


def used(documents: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Used]:
    """The values and codes that each document needs words for, by the name of the service."""
    return {name: _of(document) for name, document in documents.items()}


def text(found: Mapping[str, Used]) -> str:
    """The same as it is committed, for the APIs to read."""
    whole = {name: one._asdict() for name, one in found.items()}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def faults(found: Mapping[str, Used], content: Content) -> Iterator[str]:
    """Values without words, and words that no API has."""
    labels = content.labels
    values: dict[str, list[str]] = {}
    for one in found.values():
        for kind, named in one.enumerations.items():
            values.setdefault(kind, []).extend(named)
    codes = {kind for one in found.values() for kind in one.codes}
    yield from _without_words(values, labels)
    yield from (f"{kind} has no words" for kind in sorted(codes - labels.keys()))
    for kind in sorted(labels.keys() - codes):
        yield from (f"no API has {kind}.{one}" for one in _left_over(kind, values, labels))


def _without_words(values: Mapping[str, Iterable[str]], labels: Labels) -> Iterator[str]:
    for kind in sorted(values.keys() - FROM_CLDR.keys()):
        missing = dict.fromkeys(one for one in values[kind] if one not in labels.get(kind, {}))
        yield from (f"{kind}.{one} has no words" for one in missing)


def _left_over(kind: str, values: Mapping[str, Sequence[str]], labels: Labels) -> Iterator[str]:
    return (one for one in labels[kind] if one not in values.get(kind, ()) and one != OTHER)


def _of(document: Mapping[str, Any]) -> Used:
    schemas = document["components"]["schemas"]
    enumerations = {
        name: schema["enum"] for name, schema in schemas.items() if _is_enumeration(schema)
    }
    listed = {value for values in enumerations.values() for value in values}
    for name, field in BY_FIELD.items():
        if values := sorted(set(_constants(schemas, field)) - listed):
            enumerations[name] = values
    return Used(enumerations, sorted(set(_codes(document))))


def _is_enumeration(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" and "enum" in schema


def _constants(schemas: Mapping[str, Mapping[str, Any]], field: str) -> Iterator[str]:
    """The values of a field that is the same in each answer of one kind."""
    for schema in schemas.values():
        value = schema.get("properties", {}).get(field, {}).get("const")
        if isinstance(value, str):
            yield value


def _codes(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(name := node.get(CODES), str):
            yield name
        for child in node.values():
            yield from _codes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _codes(child)
