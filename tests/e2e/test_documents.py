"""Every API keeps what its document promises, whatever is sent to it."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
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

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.media.file_v1 import Visibility
from infra import serving
from infra.commands import Aggregate, CommandContext, Done
from infra.host import Running, opened
from infra.http.readable_ids import referenced_id
from infra.lookups.files import original
from infra.objects import objects_of
from infra.settings import Settings
from infra.testing.eventually import PATIENCE_SECONDS
from infra.testing.following import follow, organisation, user
from infra.tokens import Role, jwks
from services import registry
from services.invoices.aggregates import INVOICE
from services.invoices.tests.make import note, note_extra, open_it, prepare
from services.media.adapters.upload_store import public
from services.media.aggregates import FILE
from services.media.file import FinishUpload, StartUpload
from services.media.tests.make import COPY, content, finish, start
from services.payments.aggregates import PAYEE, PAYOUT
from services.payments.tests.make import ask, credit
from tests.e2e.conftest import KEY, MASTER_KEYS, Platform, token
from tools.demo.people import cities, trips
from tools.demo.teller import today

# Ten examples for every parameter of every route take longer than a test may on a busy machine.
pytestmark = [pytest.mark.timeout(400), pytest.mark.any_broker]

EXAMPLES = 10
"""Requests an operation and mode."""
ALL_HEADERS = "papers"
"""The API that is sent all headers of the kit, which reads them for every route alike. To make them
up takes two fifths of the time of all requests."""
SEED = 20300501
KNOWN = {
    "thread_id": "W1",
    "browser_id": "b-1",
    "trip_id": referenced_id("T", "hiflow", "T1"),
    "driver_id": "ada",
    "audit_id": "AU1",
    "availability_id": "A1",
    "user_id": "ada",
    "year": 2030,
    "organisation_id": "hiflow",
    "grant_id": "G1",
    "kind": "contract",
    "invitation_id": "I1",
    "invoice_id": "inv-T1",
    "marketplace_id": "quartier",
    "provider_id": "atelier",
    "complaint_id": "Z1",
    "document_id": "welcome-guide",
    "document_kind": "vigilance",
    "expense_id": "e-1",
    "line_id": "service",
    "change_id": "b-1",
    "payout_id": "p-1",
    "settlement_id": "8c1d8f5e-2a0c-5f0b-9a38-6f3f0d0c7a11",
    "message_id": "m-1",
    "request_id": "X1",
    "order_id": "O1",
    "pickup_id": "K1",
    "tour_id": "T9",
    "courier_id": "karim",
    "day": "2030-05-01",
    "reply_id": "R1",
    "notice_id": "notice-1",
    "name": "activated",
    "file_id": "f-1",
    "service_code": "window-cleaning",
    "start": 0,
    "question_id": "q-1",
    "search_id": "near-home",
    "attempt": 1,
    "version": 8,
    "end": "arrival",
    "token": "f-1.0.x",
    "archive": f"0.{'x' * 43}",
    "sheet": f"0.{'x' * 43}",
    "customer_id": "c-1",
    "survivor_id": "c-2",
    "dealership_id": "lyon",
    "case_id": "J1",
    "device_id": "D1",
    "checklist_id": "L1",
    "template_id": "M1",
    "predefined_message_id": "greeting",
    "work_id": "pads",
    "media_id": "photo-1",
    "recipient_id": "customer",
    "brand": "peugeot",
    "vehicle_id": "v-1",
    "export_id": "e-1",
    "inventory_id": "Z1",
    "reminder_id": "J1-R1",
    "job_id": "X7",
    "contract_id": "SC7",
    "visit": "2040-05-07",
    "charge_id": "CH1",
    "difference_id": "txn_9",
}
PROBES = ("/health/live", "/health/ready", "/metrics")
KEPT: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


async def prepared(both: Platform) -> None:
    """A driver and a trip that paths can name."""
    await follow(both.missions, user("ada"))
    staff = {"Authorization": f"Bearer {token('lea', 'hiflow', 'logistics')}"}
    [trip] = trips(1, cities(), today())
    ada = {"driver_id": "ada", "name": "Ada Roux", "phone": "+33465710000"}
    async with httpx.AsyncClient(
        base_url=both.url, headers=staff, timeout=PATIENCE_SECONDS
    ) as client:
        for path, body in (("drivers", ada), ("trips", trip | {"reference": "T1"})):
            key = {"Idempotency-Key": uuid4().hex}
            answer = await client.post(f"/missions/{path}", json=body, headers=key)
            assert answer.status_code == 201


DEPOTS = frozenset({"depot_tours", "inventories", "tills"})
"""These let in nobody but the people of depots."""


async def begun(running: Running) -> None:
    """An invoice of Ada's, what she is owed and a photo of hers, that paths can name."""
    if running.service.name in DEPOTS:
        await follow(running, organisation("hiflow", OrganisationKind.DEPOT))
    if running.service.name == "marketplace":
        await follow(running, organisation("hiflow", OrganisationKind.MARKETPLACE))
    known: dict[str, list[tuple[Aggregate[Any, Any, Any, Any], str, Any]]] = {
        "invoices": [(INVOICE, "inv-T1", each) for each in (note, prepare, note_extra, open_it)],
        "payments": [(PAYOUT, "ada", credit), (PAYEE, "ada", ask)],
        "media": [(FILE, "f-1", photo), (FILE, "f-1", photo_kept)],
    }
    for aggregate, id, make in known.get(running.service.name, []):
        command = make()
        if aggregate is INVOICE:
            command = replace(command, invoice_id=id)
        context = CommandContext(uuid4(), "c", "c", "lea", "hiflow", command.at, "")
        done = await running.commands.handle(aggregate, id, command, context)
        assert isinstance(done, Done)
    if running.service.name == "media":
        for name in (original("f-1"), public("f-1")):
            await objects_of(running.settings).put(name, bytes(700))


def photo() -> StartUpload:
    return start("image/jpeg", visibility=Visibility.PUBLIC)


def photo_kept() -> FinishUpload:
    return finish(content(media="image/jpeg"), COPY)


def without_headers(document: dict[str, Any], mode: GenerationMode) -> dict[str, Any]:
    """The document without the headers that the kit reads for every route, where something is left
    that may be wrong."""
    for item in document["paths"].values():
        for operation in item.values():
            own = [one for one in operation.get("parameters", ()) if "$ref" not in one]
            if mode is GenerationMode.POSITIVE or own or "requestBody" in operation:
                operation["parameters"] = own
    return document


def tried(url: str, operation: Any, mode: GenerationMode) -> None:
    """Send what the document allows, or does not, and hold the answers against it."""
    # A public route takes no notice of who asks.
    roles = operation.definition.raw.get("x-roles", ["driver"])
    role: Role = next((one for one in ("driver", "logistics") if one in roles), roles[0])
    who = {"Authorization": f"Bearer {token('ada', 'hiflow', role)}"}
    named = {name: KNOWN[name] for name in re.findall(r"{(\w+)}", operation.path)}
    fixed = {"path_parameters": named} if named and mode is GenerationMode.POSITIVE else {}
    made_up = any("$ref" in one for one in operation.definition.raw.get("parameters", ()))

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
        headers = who if made_up else {**who, "Idempotency-Key": uuid4().hex}
        case.call_and_validate(url, headers=headers, checks=KEPT, timeout=PATIENCE_SECONDS)

    conforms()


async def kept(url: str, mode: GenerationMode, *, all_headers: bool = False) -> int:
    """Try every operation of an API, and say how many there are."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        document = (await client.get(f"{url}/openapi.json")).json()
    if not all_headers:
        document = without_headers(document, mode)
    schema = schemathesis.openapi.from_dict(document)
    count = 0
    operations = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operations.append(found.ok())
    # What deletes goes last, so that the others find something.
    for operation in sorted(operations, key=lambda one: one.method.lower() == "delete"):
        if not operation.path.endswith(PROBES):
            await asyncio.to_thread(tried, url, operation, mode)
            count += 1
    return count


# The platform, on another thread, draws its jitter while the cases are made.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("api", ["missions", "partner"])
async def test_an_api_keeps_its_document(both: Platform, api: str, mode: GenerationMode) -> None:
    await prepared(both)
    assert await kept(f"{both.url}/{api}", mode) >= 9


@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("name", "fewest"),
    [
        ("accounts", 40),
        ("alerts", 5),
        ("papers", 7),
        ("invoices", 20),
        ("payments", 32),
        ("messaging", 12),
        ("media", 12),
        ("views.account", 8),
        ("support", 24),
        ("conversations", 8),
        ("depot_tours", 26),
        ("tills", 8),
        ("inventories", 9),
        ("audits", 10),
        ("customers", 19),
        ("dealerships", 40),
        ("interventions", 25),
        ("reminders", 18),
        ("marketplace", 45),
        ("dispatch", 31),
        ("views.backoffice", 12),
        ("views.depot", 14),
        ("views.dealer", 3),
        ("views.market", 8),
    ],
)
async def test_an_api_by_itself_keeps_its_document(
    new_database: Callable[[], str],
    tmp_path: Path,
    name: str,
    fewest: int,
    mode: GenerationMode,
) -> None:
    service = registry.service(name)
    settings = Settings.model_validate(
        {
            "databases": {part: new_database() for part in ("keys", name)},
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
            "position_wait": 0.5,
            "home": tmp_path,
        }
    )
    async with opened(service, settings) as running:
        await begun(running)
        site = serving.site([running], settings)
        async with serving.serving(site, settings) as url:
            tries = kept(f"{url}{service.prefix}", mode, all_headers=name == ALL_HEADERS)
            assert await tries >= fewest
