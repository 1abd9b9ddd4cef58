"""A paired device gets access tokens by its own key, until it is unpaired."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.dealerships.device_v1 import (
    Application,
    DeviceAdded,
    DevicePaired,
    DeviceUnpaired,
)
from infra.lookups.devices import Device, project
from infra.testing.following import follow
from infra.testing.phones import Phone
from services.accounts.http.device_tokens import LONGEST, expiry
from services.accounts.tests.dealers import with_group
from services.accounts.tests.make import NOON
from services.accounts.tests.serving import Caller, served
from services.accounts.tests.test_api import kind

REFUSED = (401, "assertion-refused")
MOMENT = timedelta(microseconds=1)
ADDED = DeviceAdded(
    device_id="H1",
    organisation_id="dreux",
    dealership_id="D1",
    device_name="Atelier-1",
    application=Application.FLEETBACK,
    added_by="lea",
    added_at=NOON,
)
UNPAIRED = DeviceUnpaired(
    device_id="H1", organisation_id="dreux", dealership_id="D1", unpaired_by="lea", unpaired_at=NOON
)


def paired(phone: Phone) -> DevicePaired:
    return DevicePaired(
        device_id="H1",
        organisation_id="dreux",
        dealership_id="D1",
        device_name="Atelier-1",
        application=Application.FLEETBACK,
        public_key=phone.x,
        key_id=phone.key_id,
        code_sha256="c1",
        version="3.2",
        paired_at=NOON,
    )


def claims(**changed: Any) -> dict[str, Any]:
    """Good claims of the device, changed; None leaves one out."""
    usual = {
        "iss": "H1",
        "sub": "H1",
        "aud": "relais-accounts",
        "exp": (datetime.now(UTC) + timedelta(minutes=2)).timestamp(),
        "jti": str(uuid4()),
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


async def token(api: Caller, phone: Phone, device: str = "H1", **changed: Any) -> httpx.Response:
    """The answer to a device that asserts who it is."""
    body = {"device_id": device, "assertion": phone.signs(**claims(**changed))}
    return await api.anybody("POST", "/device-tokens", body)


@pytest.mark.requirement("G-33", "FLB-029")
async def test_a_paired_device_gets_a_short_token_for_its_dealership(database: str) -> None:
    phone = Phone()
    async with served(database) as api:
        await with_group(api)
        await follow(api.running, ADDED, paired(phone))
        answer = await token(api, phone)
        assert answer.headers["Cache-Control"] == "no-store"
        told = answer.json()
        assert (told["user_id"], told["organisation_id"]) == ("H1", "dreux")
        assert (told["roles"], told["expires_in"]) == (["device"], 300)
        assert (told["refresh_token"], told["session_expires_at"]) == (None, None)
        principal = api.verifier.principal(f"Bearer {told['access_token']}".encode())
        assert principal.dealerships == {("device", "D1")}
        assert (principal.subject, principal.session_id) == ("H1", phone.key_id)


@pytest.mark.requirement("G-33")
async def test_an_assertion_works_once(database: str) -> None:
    phone = Phone()
    async with served(database) as api:
        await with_group(api)
        await follow(api.running, ADDED, paired(phone))
        answers = await asyncio.gather(*(token(api, phone, jti="j") for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
        assert kind(await token(api, phone, jti="j")) == REFUSED
        assert (await token(api, phone, jti="k")).is_success


@pytest.mark.requirement("G-33")
async def test_nobody_else_gets_the_token_of_a_device(database: str) -> None:
    phone, thief = Phone(), Phone()
    async with served(database) as api:
        await with_group(api)
        assert kind(await token(api, phone)) == REFUSED
        await follow(api.running, ADDED)
        assert kind(await token(api, phone)) == REFUSED
        await follow(api.running, paired(phone))
        assert kind(await token(api, thief)) == REFUSED
        assert kind(await token(api, phone, device="H2")) == REFUSED
        for changed in (
            {"aud": "relais"},
            {"iss": "H2"},
            {"sub": "H2"},
            {"jti": None},
            {"jti": ""},
            {"jti": "\0"},
            {"jti": "\ud800"},
            {"exp": None},
            {"exp": "soon"},
        ):
            assert kind(await token(api, phone, **changed)) == REFUSED, changed
        await follow(api.running, UNPAIRED)
        assert kind(await token(api, phone)) == REFUSED


@pytest.mark.parametrize(
    ("ahead", "is_good"), [(timedelta(), False), (MOMENT, True), (LONGEST, True)]
)
def test_an_assertion_expires_soon_and_has_not_expired(ahead: timedelta, is_good: bool) -> None:
    end = NOON + ahead
    found = expiry({"exp": end.timestamp(), "jti": "j"}, NOON)
    assert found == (end if is_good else None)
    assert expiry({"exp": (NOON + LONGEST).timestamp() + 1, "jti": "j"}, NOON) is None


def test_a_device_has_the_key_that_it_was_paired_with_last() -> None:
    first, second = Phone(), Phone()
    row = project(None, ADDED)
    assert row == Device("H1", "dreux", "D1")
    for phone in (first, second):
        row = project(project(row, UNPAIRED), paired(phone))
        assert row == Device("H1", "dreux", "D1", phone.x, phone.key_id)
    assert project(row, UNPAIRED) == Device("H1", "dreux", "D1")
