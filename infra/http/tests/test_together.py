"""The document of all APIs keeps what each says, apart from the others."""

import json
import re

from infra.http.openapi import Json
from infra.http.tests.stage import api
from infra.http.together import together

ONE = api().openapi()
WHOLE = together({"/bells": ONE, "/chimes": ONE})


def references(document: Json) -> set[str]:
    return set(re.findall(r'"#/components/([^"]+)"', json.dumps(document)))


def test_each_route_stands_under_the_prefix_that_serves_it() -> None:
    assert set(WHOLE["paths"]) == {p + path for p in ("/bells", "/chimes") for path in ONE["paths"]}


def test_what_two_apis_call_the_same_stays_apart() -> None:
    operations = [one for item in WHOLE["paths"].values() for one in item.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    assert {name for one in operations for name in one["tags"]} == {
        tag["name"] for tag in WHOLE["tags"]
    }
    assert "chimes.Rung" in WHOLE["components"]["schemas"]


def test_every_reference_leads_somewhere() -> None:
    found = references(WHOLE)
    assert "schemas/bells.Problem" in found
    for reference in found:
        part, _, name = reference.partition("/")
        assert name in WHOLE["components"][part]


def test_the_documents_of_the_apis_stay_as_they_are() -> None:
    assert "Rung" in ONE["components"]["schemas"]
    assert all(":" not in tag["name"] for tag in ONE["tags"])
    assert "(/chimes/docs)" in WHOLE["info"]["description"]
