"""One document over the APIs of several services."""

import json
from collections.abc import Mapping
from typing import Any

from infra.http.openapi import Json

_OWN = "#/components/schemas/"


def together(documents: Mapping[str, Json]) -> Json:
    """The document of all APIs, each by the prefix that it is served under.

    Headings, operations and schemas begin with the name of their API, since two may call
    different things the same.
    """
    whole: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Relais", "version": "1", "description": _contents(documents)},
        "servers": [{"url": "/"}],
        "tags": [],
        "paths": {},
        "components": {"schemas": {}, "parameters": {}, "securitySchemes": {}},
    }
    for prefix, document in documents.items():
        _add(whole, prefix, _renamed(document, prefix.strip("/")))
    return whole


def _contents(documents: Mapping[str, Json]) -> str:
    lines = [
        f"- **[{prefix.strip('/')}]({prefix}/docs)**: {document['info'].get('description', '')}"
        for prefix, document in documents.items()
    ]
    return "\n".join(lines)


def _renamed(document: Json, name: str) -> Json:
    """A copy whose references lead to the schemas of this API."""
    text = json.dumps(document).replace(f'"{_OWN}', f'"{_OWN}{name}.')
    found: Json = json.loads(text)
    return found


def _add(whole: Json, prefix: str, document: Json) -> None:
    name = prefix.strip("/")
    whole["tags"] += [{"name": f"{name}: {tag['name']}"} for tag in document.get("tags", ())]
    for path, item in document["paths"].items():
        whole["paths"][prefix + path] = item
        for operation in item.values():
            _name(operation, name)
    components = document["components"]
    for part in ("parameters", "securitySchemes"):
        whole["components"][part] |= components.get(part, {})
    whole["components"]["schemas"] |= {
        f"{name}.{schema}": content for schema, content in components["schemas"].items()
    }


def _name(operation: dict[str, Any], name: str) -> None:
    operation["operationId"] = f"{name}.{operation['operationId']}"
    operation["tags"] = [f"{name}: {tag}" for tag in operation["tags"]]
