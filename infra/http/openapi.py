"""The document of an API, completed: headers, problems and roles, which the kit adds to routes."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute

from infra.http.browsers import ACCESS_COOKIE, CSRF_HEADER, SAFE_METHODS
from infra.http.models import COMPONENT, NUMBERS
from infra.http.positions import TOKEN
from infra.http.problems import MEDIA_TYPE
from infra.http.request_context import AuthDependency

Json = dict[str, Any]

_VISIBLE = "^[!-~]+$"


def _header(
    name: str,
    description: str,
    example: str | None = None,
    *,
    required: bool = False,
    **schema: Any,
) -> Json:
    header: Json = {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }
    return header | ({"example": example} if example is not None else {})


_CORRELATION = _header(
    "Relais-Correlation-Id",
    "Joins everything that belongs to one journey; made up when it is not given.",
    "9f1c2d7a",
    pattern=_VISIBLE,
    minLength=1,
    maxLength=128,
)
PARAMETERS: Json = {
    "IdempotencyKey": _header(
        "Idempotency-Key",
        "The same for every repetition of one command, so that it counts once.",
        "4a6f9e0c-1b8d-4a52-9f7e-2d3c4b5a6978",
        required=True,
        pattern=_VISIBLE,
        minLength=1,
        maxLength=255,
    ),
    "IfMatch": _header(
        "If-Match",
        "The ETag the command relies on; 412 when the entity has moved on. `*`: it exists.",
        '"3"',
        pattern='^("([1-9][0-9]{0,9}|[A-Za-z0-9_-]{27})"|\\*)$',
    ),
    "IfNoneMatch": _header(
        "If-None-Match",
        "The ETag of the answer that the caller has; 304 while it is as it was.",
        '"3"',
    ),
    "OccurredAt": _header(
        "Relais-Occurred-At",
        "When it really happened, for a phone that reports late. Not in the future.",
        "2026-11-23T08:30:00Z",
        format="date-time",
    ),
    "CorrelationId": _CORRELATION,
    "MinPosition": _header(
        "Relais-Min-Position",
        "Positions that commands answered, comma separated; waits until they are known here. They"
        " are per caller: one that was told to another organisation is refused like one that was"
        " made up. What anybody may ask waits for none.",
        pattern=f"^{TOKEN}(,{TOKEN})*$",
    ),
}
_COMMAND = ("IdempotencyKey", "IfMatch", "OccurredAt", "MinPosition", "CorrelationId")
_QUERY = ("MinPosition", "CorrelationId")
_TAGGED = ("IfNoneMatch",)


def _facts(description: str) -> Json:
    return {"type": "object", "additionalProperties": True, "description": description}


_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "What a program switches on: `urn:relais:problem:` and the name of the"
            " rule, like `no-such-trip`. It is the same in every language.",
        },
        "title": {
            "type": "string",
            "description": "For a person, in the language of `Accept-Language`.",
        },
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person, likewise."},
        "instance": {"type": "string", "format": "uri-reference"},
        "facts": _facts("The amounts, limits, days and names of the sentence, as data."),
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        "now": {
            "type": "object",
            "additionalProperties": True,
            "description": "Of a decision on what has changed: what stands now, by the field that"
            " named something else, in the form of that field.",
            "examples": [{"/quote/price": {"amount_minor": 90000, "currency": "EUR"}}],
        },
        "trace_id": {"type": "string", "description": "Tell it to support."},
    },
    "examples": [
        {
            "type": "urn:relais:problem:no-such-trip",
            "title": "Not found",
            "status": 404,
            "detail": "There is no such trip.",
            "instance": "/trips/T123",
        }
    ],
}
_FIELD_ERROR: Json = {
    "type": "object",
    "required": ["field", "rule", "detail"],
    "properties": {
        "field": {
            "type": "string",
            "description": "A JSON pointer into the body, or query:, path:, header: and a name.",
            "examples": ["/price/amount_minor"],
        },
        "rule": {"type": "string", "description": "What a program switches on."},
        "detail": {
            "type": "string",
            "description": "For a person, in the language of `Accept-Language`.",
        },
        "facts": _facts("The limits of the rule, as data."),
    },
}
_ALWAYS = {
    "400": "A header, parameter or body that cannot be read",
    "422": "A field that is not as it should be, or a rule that says no",
    "429": "Too many requests of a person, an organisation or from one place; try again after"
    " Retry-After seconds",
    "503": "No room, or no database; try again after Retry-After seconds",
    "default": "Any other problem",
}
_ADMITTED = {"401": "No access token, or none that is valid", "403": "Not a role admitted here"}
_OF_QUERY = {"425": "The facts waited for are not known here yet; try again"}
_OF_COMMAND = _OF_QUERY | {
    "409": "A rule that says no, or others change the same entity",
    "412": "If-Match does not hold, or what the command decides on has changed",
    "413": "More than a body may hold",
    "415": "Not of the type that is taken",
}
_NOT_MODIFIED: Json = {"description": "What the caller has is as it was"}
_QUERY_HEADERS: Json = {
    "ETag": {
        "schema": {"type": "string"},
        "description": "For If-None-Match; of one entity it is the version, for If-Match too.",
    },
}
_RETRYING = frozenset({"409", "425", "429", "503"})
_ANSWER_HEADERS: Json = {
    "ETag": {"schema": {"type": "string"}, "description": "The version, for If-Match."},
    "Relais-Position": {
        "schema": {"type": "string"},
        "description": "For Relais-Min-Position; yours alone.",
    },
    "Relais-Correlation-Id": {"schema": {"type": "string"}},
}


def complete(document: Json, admissions: Sequence[tuple[APIRoute, AuthDependency]]) -> Json:
    """Add to a document what FastAPI cannot know; returns it."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {"Problem": _PROBLEM, "FieldError": _FIELD_ERROR}
    components["parameters"] = dict(PARAMETERS)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": ACCESS_COOKIE,
            "description": "Set by `/accounts/browser/sign-in`; with it, commands need the header"
            f" `{CSRF_HEADER}: 1`.",
        },
    }
    for route, admission in admissions:
        for method, operation in _operations(document, route):
            _describe(operation, method, route, admission)
    _name_enumerations(document, schemas)
    _drop_unused(document, components)
    components["schemas"] = dict(sorted(schemas.items()))
    document["tags"] = [{"name": name} for name in dict.fromkeys(_headings(document))]
    _write_whole_numbers(document)
    return document


def _headings(document: Json) -> Iterator[str]:
    for item in document["paths"].values():
        for operation in item.values():
            yield from operation.get("tags", ())


def _write_whole_numbers(node: Any) -> None:
    """The bounds of whole numbers as such: the framework makes 1000.0 of 1000."""
    for name, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, dict | list):
            _write_whole_numbers(child)
        elif isinstance(child, float) and child.is_integer() and node.get("type") == "integer":
            node[name] = int(child)


def _name_enumerations(node: Any, schemas: Json) -> None:
    """Put each enumeration that has a name under it, once.

    Raises ValueError when two share a name.
    """
    for child in list(node.values()) if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            _name_enumerations(child, schemas)
    if not isinstance(node, dict) or not isinstance(name := node.get(COMPONENT), str):
        return
    del node[COMPONENT]
    node.pop("title", None)
    numbers = node.pop(NUMBERS, {})
    if "default" in node:
        node["default"] = numbers.get(str(node["default"]), node["default"])
    found = {"title": name, "type": node.pop("type"), "enum": node.pop("enum")}
    # The framework's own, with numbers, is replaced.
    if schemas.setdefault(name, found) != found and schemas[name]["type"] != "integer":
        raise ValueError(f"two enumerations are called {name}")
    schemas[name] = found
    node["$ref"] = f"#/components/schemas/{name}"


def _drop_unused(document: Json, components: Json) -> None:
    """Leave out what nothing refers to; the framework adds schemas that were replaced."""
    for part in ("schemas", "parameters"):
        prefix = f"#/components/{part}/"
        while unused := {prefix + name for name in components[part]} - set(_references(document)):
            for reference in unused:
                del components[part][reference.removeprefix(prefix)]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _operations(document: Json, route: APIRoute) -> Iterator[tuple[str, Json]]:
    item = document["paths"].get(route.path_format, {})
    for method in sorted(route.methods or ()):
        if method.lower() in item:
            yield method, item[method.lower()]


def _describe(operation: Json, method: str, route: APIRoute, admission: AuthDependency) -> None:
    is_query = method in SAFE_METHODS
    operation["operationId"] = route.name
    operation["summary"] = _sentence(route.description) or route.name
    operation.setdefault("tags", [_heading(route.path_format)])
    answers = operation["responses"]
    is_tagged = is_query and "application/json" in answers.get("200", {}).get("content", {})
    parameters = (_QUERY + _TAGGED if is_tagged else _QUERY) if is_query else _COMMAND
    references = [f"#/components/parameters/{name}" for name in parameters]
    operation.setdefault("parameters", []).extend({"$ref": one} for one in references)
    problems = _ALWAYS | (_OF_QUERY if is_query else _OF_COMMAND)
    if admission.roles is None:
        operation["security"] = []
    else:
        problems |= _ADMITTED
        operation["security"] = [{"token": []}, {"cookie": []}]
        operation["x-roles"] = sorted(admission.roles)
    for status, answer in answers.items():
        if status.startswith("2") and not is_query:
            answer["headers"] = _ANSWER_HEADERS
    if is_tagged:
        answers["200"]["headers"] = _QUERY_HEADERS
        answers["304"] = dict(_NOT_MODIFIED)
    # Those of the framework for 422 tell of a body we do not send.
    answers.update({status: _problem(status, text) for status, text in problems.items()})


def _sentence(description: str) -> str:
    """The first sentence of a description, without its full stop."""
    return re.split(r"[.;:] ", " ".join(description.split()))[0].rstrip(".")


def _heading(path: str) -> str:
    """Under which heading an operation stands: what its path is about."""
    return path.strip("/").partition("/")[0].replace("-", " ").capitalize()


def _problem(status: str, description: str) -> Json:
    answer: Json = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _RETRYING:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    if status == "401":
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return answer
