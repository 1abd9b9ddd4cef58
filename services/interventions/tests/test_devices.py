"""A device that was unpaired makes no case more, though its access token has not ended."""

import httpx
import pytest

from contracts.dealerships.device_v1 import Application, DeviceAdded, DevicePaired, DeviceUnpaired
from infra.testing.following import NOON, follow
from infra.testing.serving import KEY
from infra.tokens import issue
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import BODY, Caller, served

ADDED = DeviceAdded(
    device_id="tablet",
    organisation_id=GROUP,
    dealership_id=LILLE,
    device_name="workshop-1",
    application=Application.FLEETBACK,
    added_by="maya",
    added_at=NOON,
)
PAIRED = DevicePaired(
    device_id="tablet",
    organisation_id=GROUP,
    dealership_id=LILLE,
    device_name="workshop-1",
    application=Application.FLEETBACK,
    public_key="x",
    key_id="key-1",
    code_sha256="0" * 64,
    version="1.0",
    paired_at=NOON,
)
UNPAIRED = DeviceUnpaired(
    device_id="tablet",
    organisation_id=GROUP,
    dealership_id=LILLE,
    unpaired_by="maya",
    unpaired_at=NOON,
)


async def creates(caller: Caller, reference: str) -> httpx.Response:
    """The answer to a case that the device makes, by a token of the key it was paired with."""
    at = {"device": [LILLE]}
    token = issue(KEY, "tablet", GROUP, ("device",), session_id="key-1", dealerships=at)
    body = BODY | {"key": reference, "reference": reference, "author_id": "karim"}
    return await caller.anybody("POST", "/cases", body, {"Authorization": f"Bearer {token}"})


@pytest.mark.requirement("G-33", "FLB-020", "SM-19")
async def test_a_device_makes_cases_until_it_is_unpaired(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ADDED, PAIRED)
        assert (await creates(caller, "OR-1")).status_code == 201


@pytest.mark.requirement("G-33")
async def test_a_device_that_was_unpaired_makes_none(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, ADDED, PAIRED, UNPAIRED)
        refused = await creates(caller, "OR-1")
        assert refused.status_code == 401, refused.text
        assert refused.json()["type"] == "urn:relais:problem:session-over"
