"""Rules that every document keeps: answers have a schema, texts can be read by an outsider, and
money, days and places have one shape each."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

METHODS = frozenset({"get", "put", "post", "delete", "patch", "head"})
_WITHOUT_A_BODY = frozenset({"204", "304"})
# "(HIF-21)" and the like: ids of requirements and of our own lists, which nobody outside has.
_CODE = re.compile(r"\b(?:(?:EXX|FLB|GLO|HIF|OGU|SM|[GMNT])-\d+|[CNPS]\d{1,2})\b")
_COMPONENT = re.compile("/components/schemas/[^/]+")
_PROPERTY = re.compile("/components/schemas/[^/]+/properties/[^/]+(/items)?")
_SAYING = frozenset({"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"})
"""Keywords that tell of which kind a value is."""

SHAPES: Mapping[str, frozenset[str]] = {
    "amount_minor": frozenset({"amount_minor", "currency"}),
    "latitude": frozenset({"latitude", "longitude"}),
    "fixed": frozenset({"date", "fixed"}),
}
"""By a field that gives it away: all fields of what has one shape in every API."""
TOWNS_BY_NAME = frozenset({"AlertShown"})
"""Schemas of facts in which a town has a name and no postal code."""
OF_PROBLEMS = "Problem"
"""Its status is that of HTTP."""

Json = Any


def faults(document: Mapping[str, Any]) -> Iterator[str]:
    """Where a document breaks the rules, and how."""
    for place, operation in operations(document):
        yield from _answers(place, operation)
        yield from _texts(place, operation)
        yield from _ids(place, operation)
    for place, node in _nodes(document, ""):
        if _is_enumeration(node) and not _COMPONENT.fullmatch(place):
            yield f"{place}: an enumeration without a name"
        if _PROPERTY.fullmatch(place) and not _SAYING & node.keys():
            yield f"{place}: may be anything"
        if _COMPONENT.fullmatch(place):
            yield from (f"{place}: {fault}" for fault in _shapes(place.rpartition("/")[2], node))
        if isinstance(said := node.get("description"), str) and (code := _CODE.search(said)):
            yield f"{place}: nobody outside knows what {code[0]} is"


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each operation, with its method and path."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def _answers(place: str, operation: Mapping[str, Any]) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        if not status.startswith("2") or status in _WITHOUT_A_BODY or place.startswith("HEAD "):
            continue
        content = answer.get("content", {})
        if not content or not all(body.get("schema") for body in content.values()):
            yield f"{place}: the answer {status} has no schema"


def _texts(place: str, operation: Mapping[str, Any]) -> Iterator[str]:
    for text in ("summary", "description", "tags"):
        if not operation.get(text):
            yield f"{place}: no {text}"
    if code := _CODE.search(operation.get("summary", "")):
        yield f"{place}: nobody outside knows what {code[0]} is"


def _ids(place: str, operation: Mapping[str, Any]) -> Iterator[str]:
    """Names of things in a path are held to a rule: a choice, a pattern or a format."""
    for parameter in operation.get("parameters", ()):
        held = {"enum", "pattern", "format", "$ref", "type"} & parameter.get("schema", {}).keys()
        if parameter.get("in") == "path" and held <= {"type"} and _is_text(parameter["schema"]):
            yield f"{place}: {parameter['name']} may be any text"


def _shapes(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Where a schema of its own stands for one that all APIs share, or a status is any text.

    What is deprecated stays for clients of former releases.
    """
    fields = {
        field: kind
        for field, kind in schema.get("properties", {}).items()
        if not kind.get("deprecated")
    }
    for sign, whole in SHAPES.items():
        if sign in fields and fields.keys() != whole:
            yield f"{sign} stands in an object with {', '.join(sorted(whole - {sign}))} alone"
    if any(field.endswith("_minor") for field in fields.keys() - {"amount_minor"}):
        yield "money is an object with amount_minor and currency"
    if name not in TOWNS_BY_NAME and any(field.endswith("_city") for field in fields):
        yield "a town is an object with city and postal_code"
    for field, kind in fields.items() if name != OF_PROBLEMS else ():
        if (field == "status" or field.endswith("_status")) and _may_be_any_text(kind):
            yield f"{field} is an enumeration"


def _may_be_any_text(schema: Mapping[str, Any]) -> bool:
    options = schema.get("anyOf", [schema])
    return any(
        one.get("type") == "string" and not {"const", "enum"} & one.keys() for one in options
    )


def _is_text(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("type", "string") == "string")


def _nodes(node: Json, place: str) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield place, node
        for name, child in node.items():
            yield from _nodes(child, f"{place}/{str(name).replace('/', '~1')}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _nodes(child, f"{place}/{index}")


def _is_enumeration(node: Json) -> bool:
    return isinstance(node.get("enum"), list) and len(node["enum"]) > 1
