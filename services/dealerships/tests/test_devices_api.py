"""Devices over HTTP: a manager shows a code, a phone pairs with it, and is unpaired."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from infra.testing import serving
from infra.testing.following import follow
from infra.testing.phones import Phone
from infra.tokens import issue
from services.dealerships.aggregates import DEVICE
from services.dealerships.tests.make_devices import body
from services.dealerships.tests.serving import Caller, refusal, served


@pytest_asyncio.fixture
async def api(database: str) -> AsyncIterator[Caller]:
    async with served(database) as caller:
        yield caller


async def adds(api: Caller, where: str, name: str = "Atelier-1", **more: Any) -> httpx.Response:
    return await api.manager(where, "POST", "/devices", {"name": name, **more})


async def shown_code(api: Caller, where: str, name: str = "Atelier-1") -> tuple[str, str]:
    """The id of a new device, and the code that pairs it."""
    answer = await adds(api, where, name)
    assert answer.status_code == 201, answer.text
    return answer.json()["device_id"], code_of(answer)


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["link"].partition("#code=")[2])


async def pairs(api: Caller, phone: Phone, code: str, **changed: Any) -> httpx.Response:
    return await api.anybody("POST", "/pairings", body(phone, code, **changed))


async def manages(api: Caller, where: str, method: str, path: str) -> httpx.Response:
    """Ask about a device as the manager of a dealership of the group."""
    token = issue(
        serving.KEY,
        "ines",
        "group",
        ("dealership_manager",),
        dealerships={"dealership_manager": [where]},
    )
    return await api.anybody(method, path, headers={"Authorization": f"Bearer {token}"})


async def itself(
    api: Caller, device: str, where: str, phone: Phone, method: str, path: str, content: Any = None
) -> httpx.Response:
    """Ask as a device, with an access token as accounts issues them."""
    token = issue(
        serving.KEY,
        device,
        "group",
        ("device",),
        dealerships={"device": [where]},
        session_id=phone.key_id,
    )
    return await api.anybody(method, path, content, {"Authorization": f"Bearer {token}"})


async def know(api: Caller, device: str) -> None:
    """The workers see every fact of a device."""
    facts = await api.running.commands.history(DEVICE, device)
    await follow(api.running, *(fact.event for fact in facts))


@pytest.mark.requirement("FLB-024", "FLB-025", "FLB-026")
async def test_a_manager_is_shown_a_code_once(api: Caller) -> None:
    where = await api.opened()
    answer = await adds(api, where)
    told = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"/dealerships/devices/{told['device_id']}"
    assert told["picture"].startswith("<svg")
    device = (await manages(api, where, "GET", f"/devices/{told['device_id']}")).json()
    assert device == {
        "device_id": told["device_id"],
        "dealership_id": where,
        "name": "Atelier-1",
        "application": "fleetback",
        "paired": False,
        "paired_at": None,
        "version": None,
        "seen_at": None,
        "code_expires_at": told["expires_at"],
        "added_by": "ines",
        "added_at": device["added_at"],
    }
    lasts = datetime.fromisoformat(told["expires_at"]) - datetime.fromisoformat(device["added_at"])
    assert lasts == timedelta(minutes=15)
    history = await api.running.commands.history(DEVICE, told["device_id"])
    assert code_of(answer).partition(".")[2] not in repr(history)


@pytest.mark.requirement("FLB-025", "G-33")
async def test_a_name_has_no_space_and_is_one_devices_at_a_dealership(api: Caller) -> None:
    where, elsewhere = await api.opened(), await api.opened(main_brand="opel")
    for bad in ("Atelier 1", "", "a\u00a0b", "x" * 65):
        assert (await adds(api, where, bad)).status_code == 422, bad
    answers = await asyncio.gather(*(adds(api, where, name) for name in ("A-1", "a-1", "A-1")))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert refusal(await adds(api, where, "A-1")) == (409, "device-name-taken")
    assert (await adds(api, elsewhere, "A-1")).status_code == 201


@pytest.mark.requirement("FLB-026", "G-33", "SM-19")
async def test_a_phone_pairs_once_by_the_code(api: Caller) -> None:
    where, phone = await api.opened(), Phone()
    device, code = await shown_code(api, where)
    paired = await pairs(api, phone, code)
    told = paired.json()
    assert told == {
        "device_id": device,
        "organisation_id": "group",
        "dealership_id": where,
        "name": "Atelier-1",
        "application": "fleetback",
        "key_id": phone.key_id,
        "paired_at": told["paired_at"],
    }
    assert (await pairs(api, phone, code)).json() == told
    assert refusal(await pairs(api, Phone(), code)) == (409, "pairing-code-used")
    path = f"/devices/{device}/pairing-codes"
    assert refusal(await manages(api, where, "POST", path)) == (409, "device-is-paired")


@pytest.mark.requirement("G-33")
async def test_of_two_phones_that_show_a_code_at_once_one_is_paired(api: Caller) -> None:
    where = await api.opened()
    _, code = await shown_code(api, where)
    answers = await asyncio.gather(*(pairs(api, Phone(), code) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


@pytest.mark.requirement("G-33")
async def test_a_phone_proves_its_key_for_this_code(api: Caller) -> None:
    phone, code = Phone(), (await shown_code(api, await api.opened()))[1]
    refused = (422, "key-not-proved")
    for proof in (
        Phone().signs(aud="relais", code=code),
        phone.signs(aud="other", code=code),
        phone.signs(aud="relais", code=f"H1.{'x' * 43}"),
        phone.signs(aud="relais"),
    ):
        assert refusal(await pairs(api, phone, code, proof=proof)) == refused
    unknown = f"H0000000000.{'x' * 43}"
    for other in (unknown, f"{code[:-4]}AAAA"):
        assert refusal(await pairs(api, phone, other)) == (404, "no-such-code")
    bad_key = {"kty": "OKP", "crv": "Ed25519", "x": f"{phone.x[:-1]}B"}
    answer = await pairs(api, phone, code, public_key=bad_key)
    assert refusal(answer) == (422, "invalid-request")
    assert (await pairs(api, phone, code)).is_success


@pytest.mark.requirement("G-33")
async def test_another_code_replaces_the_one_that_was_shown(api: Caller) -> None:
    where, phone = await api.opened(), Phone()
    device, code = await shown_code(api, where)
    again = await manages(api, where, "POST", f"/devices/{device}/pairing-codes")
    assert again.status_code == 201
    assert refusal(await pairs(api, phone, code)) == (404, "no-such-code")
    assert (await pairs(api, phone, code_of(again))).is_success


@pytest.mark.requirement("G-33", "FLB-027", "FLB-028")
async def test_a_device_is_seen_until_it_is_unpaired(api: Caller) -> None:
    where, phone = await api.opened(), Phone()
    device, code = await shown_code(api, where)
    assert (await pairs(api, phone, code)).is_success
    await know(api, device)
    path = f"/devices/{device}"
    told = await itself(api, device, where, phone, "PUT", f"{path}/version", {"version": "3.3"})
    assert told.is_success
    seen = (await itself(api, device, where, phone, "GET", path)).json()
    assert (seen["name"], seen["dealership_id"], seen["version"]) == ("Atelier-1", where, "3.3")
    other = await itself(api, "H2", where, phone, "GET", path)
    assert refusal(other) == (404, "no-such-device")
    assert (await manages(api, where, "DELETE", f"{path}/pairing")).is_success
    last = (await api.running.commands.history(DEVICE, device))[-1]
    await follow(api.running, last.event)
    assert refusal(await itself(api, device, where, phone, "GET", path)) == (401, "session-over")
    gone = (await manages(api, where, "GET", path)).json()
    assert (gone["paired"], gone["version"], gone["seen_at"]) == (False, "3.3", seen["seen_at"])
    assert refusal(await pairs(api, phone, code)) == (409, "pairing-code-used")


@pytest.mark.requirement("FLB-027")
async def test_the_devices_of_a_dealership_are_listed_by_name(api: Caller) -> None:
    where, phone = await api.opened(), Phone()
    tablet, _ = await shown_code(api, where, "Tablet")
    lift, code = await shown_code(api, where, "Lift")
    paired = (await pairs(api, phone, code)).json()
    for device in (tablet, lift):
        await know(api, device)
    items = (await api.manager(where, "GET", "/devices")).json()["items"]
    assert [item["name"] for item in items] == ["Lift", "Tablet"]
    assert items[0] == {
        "device_id": lift,
        "name": "Lift",
        "application": "fleetback",
        "paired": True,
        "paired_at": paired["paired_at"],
        "version": "3.2.0",
        "seen_at": paired["paired_at"],
        "added_at": items[0]["added_at"],
    }
    assert (items[1]["paired"], items[1]["version"]) == (False, None)


@pytest.mark.requirement("FLB-024", "G-01")
async def test_nobody_but_its_managers_sees_a_device(api: Caller) -> None:
    where, elsewhere = await api.opened(), await api.opened(main_brand="opel")
    device, _ = await shown_code(api, where)
    assert refusal(await adds(api, f"{where}X"))[0] == 404
    for method, path in (
        ("GET", f"/devices/{device}"),
        ("GET", f"/devices/{device}/history"),
        ("POST", f"/devices/{device}/pairing-codes"),
        ("DELETE", f"/devices/{device}/pairing"),
    ):
        assert refusal(await manages(api, elsewhere, method, path)) == (404, "no-such-device")
        stranger = await api.ask(method, path, None, "eve", ("group_manager",), "lone")
        assert refusal(stranger) == (404, "no-such-device")
    assert (await api.chief("GET", f"/devices/{device}")).is_success
