"""The document of an API tells all that its routes take and answer."""

import json
import re
from enum import IntEnum
from typing import Annotated, Any, Literal

import pytest

from contracts.missions.trip_v1 import Channel
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Called, Named
from infra.http.tests.stage import Anyone, api, client


class Delivered(Answer):
    """An answer with an enumeration of a contract."""

    by: Annotated[Channel, Named()]


class Moved(Answer):
    """An answer with a choice of texts, twice."""

    way: Annotated[Literal["up", "down"], Called("Way")]
    back: Annotated[Literal["up", "down"], Called("Way")] | None


class Kinds(Answer):
    """Two enumerations of one name."""

    one: Annotated[Channel, Named()]
    other: Annotated[IntEnum("Channel", ["BELL"]), Named()]  # type: ignore[valid-type]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of the small API."""
    return api().openapi()


def names(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, bool]:
    """The parameters of an operation, and whether each must be given."""
    found = [resolved(document, one) for one in operation["parameters"]]
    return {one["name"]: one["required"] for one in found}


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    found: Any = document if "$ref" in value else value
    for step in value.get("$ref", "#").split("/")[1:]:
        found = found[step]
    assert isinstance(found, dict)
    return found


def test_a_command_takes_the_headers_of_commands(document: dict[str, Any]) -> None:
    assert names(document, document["paths"]["/bells/{bell_id}/rings"]["post"]) == {
        "bell_id": True,
        "Idempotency-Key": True,
        "If-Match": False,
        "Relais-Occurred-At": False,
        "Relais-Min-Position": False,
        "Relais-Correlation-Id": False,
    }


def test_a_query_takes_the_headers_of_queries(document: dict[str, Any]) -> None:
    assert names(document, document["paths"]["/numbers"]["get"]) == {
        "limit": False,
        "cursor": False,
        "format": False,
        "upto": False,
        "Relais-Min-Position": False,
        "Relais-Correlation-Id": False,
        "If-None-Match": False,
    }


def test_every_route_says_whom_it_admits(document: dict[str, Any]) -> None:
    [ring] = document["paths"]["/bells/{bell_id}/rings"].values()
    assert (ring["security"], ring["x-roles"]) == (
        [{"token": []}, {"cookie": []}],
        ["driver"],
    )
    [today] = document["paths"]["/today"].values()
    assert today["security"] == []
    assert {"401", "403"}.isdisjoint(today["responses"])


def test_every_failure_is_a_problem(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            failures = {s: a for s, a in operation["responses"].items() if s[0] not in "23"}
            assert {"400", "422", "503", "default"} <= failures.keys()
            for answer in failures.values():
                assert list(answer["content"]) == ["application/problem+json"]


def test_a_query_says_that_what_one_has_is_not_sent_again(document: dict[str, Any]) -> None:
    answers = document["paths"]["/numbers"]["get"]["responses"]
    assert "ETag" in answers["200"]["headers"]
    assert "content" not in answers["304"]


def test_a_command_is_never_answered_so(document: dict[str, Any]) -> None:
    assert "304" not in document["paths"]["/bells/{bell_id}/rings"]["post"]["responses"]


def test_every_answer_has_a_schema(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            [answer] = [a for s, a in operation["responses"].items() if s.startswith("2")]
            assert "$ref" in answer["content"]["application/json"]["schema"]


def test_every_operation_can_be_understood(document: dict[str, Any]) -> None:
    [ring] = document["paths"]["/bells/{bell_id}/rings"].values()
    assert (ring["tags"], ring["summary"]) == (["Bells"], "Ring a bell")
    assert ring["description"] == "Ring a bell. It counts how often that happened."


def with_answer(answer: Any) -> dict[str, Any]:
    """The document of the small API with one more route, that answers this."""
    extra = Router("More")

    @extra.get("/more")
    async def more(context: Anyone) -> Answered[answer]:
        """More of it."""
        raise NotImplementedError

    return api(extra=extra).openapi()


def test_an_enumeration_appears_once_by_its_name() -> None:
    document = with_answer(Delivered)
    schemas = document["components"]["schemas"]
    assert schemas["Channel"] == {"title": "Channel", "type": "string", "enum": ["app", "portal"]}
    body, answer = schemas["RingBody"]["properties"], schemas["Delivered"]["properties"]
    assert body["channel"] == {"$ref": "#/components/schemas/Channel", "default": "app"}
    assert answer["by"] == {"$ref": "#/components/schemas/Channel"}
    assert json.dumps(document).count('"portal"') == 1


def test_a_choice_of_texts_stands_in_the_document_once() -> None:
    schemas = with_answer(Moved)["components"]["schemas"]
    assert schemas["Way"] == {"title": "Way", "type": "string", "enum": ["up", "down"]}
    assert schemas["Moved"]["properties"]["way"] == {"$ref": "#/components/schemas/Way"}
    [way, _] = schemas["Moved"]["properties"]["back"]["anyOf"]
    assert way == {"$ref": "#/components/schemas/Way"}


def test_two_enumerations_of_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="two enumerations are called Channel"):
        with_answer(Kinds)


def test_everything_it_refers_to_is_there(document: dict[str, Any]) -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        assert resolved(document, {"$ref": reference})


def test_nothing_is_left_of_the_frameworks_own_errors(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(document)


def test_operations_are_named_like_their_functions(document: dict[str, Any]) -> None:
    operations = [o["operationId"] for item in document["paths"].values() for o in item.values()]
    assert sorted(operations) == ["history", "make", "me", "numbers", "ring", "show", "today"]


async def test_it_is_served_to_everybody() -> None:
    async with client(api(), Authorization="") as caller:
        served = (await caller.get("/openapi.json")).json()
    assert (served["openapi"][:3], served["info"]["title"]) == ("3.1", "bells")


async def test_an_example_of_each_header_passes() -> None:
    parameters = api().openapi()["components"]["parameters"].values()
    examples = {one["name"]: one["example"] for one in parameters if "example" in one}
    assert len(examples) == 5
    async with client(api(), **examples) as caller:
        assert (await caller.get("/today")).status_code == 200
        assert (await caller.post("/bells/b1/rings", json={"count": "x"})).status_code == 422
