"""A device that was unpaired sends no file more, though its access token has not ended."""

from pathlib import Path

import pytest

from contracts.dealerships.device_v1 import Application, DeviceAdded, DevicePaired, DeviceUnpaired
from infra.testing.following import follow
from infra.tokens import issue
from services.media.tests.caller import KEY, Caller, announcement, served
from services.media.tests.make import NOON, PDF

ADDED = DeviceAdded(
    device_id="tablet",
    organisation_id="hiflow",
    dealership_id="GLILLE",
    device_name="workshop-1",
    application=Application.FLEETBACK,
    added_by="maya",
    added_at=NOON,
)
PAIRED = DevicePaired(
    device_id="tablet",
    organisation_id="hiflow",
    dealership_id="GLILLE",
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
    organisation_id="hiflow",
    dealership_id="GLILLE",
    unpaired_by="maya",
    unpaired_at=NOON,
)


async def sends(api: Caller) -> int:
    """The status of the answer to a file that the device announces, by a token of the key it was
    paired with."""
    token = issue(KEY, "tablet", "hiflow", ("device",), session_id="key-1")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k-1"}
    body = announcement(PDF, "application/pdf")
    return (await api.client.post("/uploads", json=body, headers=headers)).status_code


@pytest.mark.requirement("G-33")
async def test_a_device_sends_files_until_it_is_unpaired(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        await follow(api.running, ADDED, PAIRED)
        assert await sends(api) == 201
        await follow(api.running, UNPAIRED)
        assert await sends(api) == 401
