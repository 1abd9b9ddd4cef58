"""Both APIs keep what their documents promise, whatever is sent to them."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.http.auth import Role
from tests.e2e.conftest import Platform, token
from tools.demo.people import cities, trips
from tools.demo.story import today

EXAMPLES = 10
"""Of each operation and mode: twenty requests an operation, two thirds of a minute in all."""
SEED = 20300501
KNOWN = {"trip_id": "T1", "driver_id": "ada", "availability_id": "A1"}
KEPT: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


async def prepared(platform: Platform) -> None:
    """A driver and a trip that paths can name."""
    staff = {"Authorization": f"Bearer {token('lea', 'hiflow', 'logistics')}"}
    [trip] = trips(1, cities(), today())
    ada = {"driver_id": "ada", "name": "Ada Roux", "phone": "+33465710000"}
    async with httpx.AsyncClient(base_url=platform.url, headers=staff) as client:
        for path, body in (("drivers", ada), ("trips", trip | {"trip_id": "T1"})):
            key = {"Idempotency-Key": uuid4().hex}
            answer = await client.post(f"/missions/{path}", json=body, headers=key)
            assert answer.status_code == 201


def tried(operation: Any, mode: GenerationMode) -> None:
    """Send what the document allows, or does not, and hold the answers against it."""
    roles = operation.definition.raw["x-roles"]
    role: Role = "driver" if "driver" in roles else "logistics"
    who = {"Authorization": f"Bearer {token('ada', 'hiflow', role)}"}
    named = {name: KNOWN[name] for name in re.findall(r"{(\w+)}", operation.path)}
    fixed = {"path_parameters": named} if named and mode is GenerationMode.POSITIVE else {}

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, **fixed))
    def conforms(case: Any) -> None:
        case.call_and_validate(headers=who, checks=KEPT, timeout=10)

    conforms()


# The platform, on another thread, draws its jitter while the cases are made.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("api", ["missions", "partner"])
async def test_an_api_keeps_its_document(
    platform: Platform, api: str, mode: GenerationMode
) -> None:
    await prepared(platform)
    url = f"{platform.url}/{api}/openapi.json"
    document = await asyncio.to_thread(schemathesis.openapi.from_url, url)
    count = 0
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if "x-roles" in operation.definition.raw:
            await asyncio.to_thread(tried, operation, mode)
            count += 1
    assert count >= 9
