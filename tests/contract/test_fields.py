"""A refusal that names a field names one that a body of the service has."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.contract import kit
from tools.openapi.documents import path

SERVICES = kit.ROOT / "services"
WRITING = [
    "accounts",
    "alerts",
    "audits",
    "dealerships",
    "customers",
    "depot_tours",
    "dispatch",
    "interventions",
    "invoices",
    "marketplace",
    "media",
    "messaging",
    "missions",
    "papers",
    "reminders",
    "tills",
]
FIELD = "field"
CASH = kit.ROOT / "contracts" / "cash.py"
"""The rule about amounts that more than one service asks with its own fields."""


def named(service: str) -> set[str]:
    """The fields that rejections of a service name, or that rules are asked about."""
    nodes = [
        node
        for file in (SERVICES / service).rglob("*.py")
        if "tests" not in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
    ]
    shared = ast.walk(ast.parse(CASH.read_text()))
    taking = {node.name: node for node in (*nodes, *shared) if isinstance(node, ast.FunctionDef)}
    places = {
        name: [one.arg for one in function.args.args].index(FIELD)
        for name, function in taking.items()
        if FIELD in [one.arg for one in function.args.args]
    }
    return {*_of_classes(nodes), *_of_calls(nodes, places)}


def _of_classes(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == FIELD:
            yield from _text(node.value)


def _of_calls(nodes: list[ast.AST], places: dict[str, int]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in places and len(node.args) > places[name]:
                yield from _text(node.args[places[name]])
            yield from (
                one
                for keyword in node.keywords
                if keyword.arg == FIELD
                for one in _text(keyword.value)
            )


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        # Of a field within another one, both are names of a body.
        yield from node.value.strip("/").split("/")


def of_bodies(node: Any) -> Iterator[str]:
    """The names of the fields of every body in a document."""
    if isinstance(node, dict):
        yield from node.get("properties", ())
        for child in node.values():
            yield from of_bodies(child)
    elif isinstance(node, list):
        for child in node:
            yield from of_bodies(child)


@pytest.mark.parametrize("service", WRITING)
def test_every_field_that_a_refusal_names_is_one_of_a_body(service: str) -> None:
    schemas = yaml.safe_load((kit.ROOT / path(service)).read_text())["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("Body")}
    found = named(service)
    assert found
    assert found - {*of_bodies(bodies)} == set()
