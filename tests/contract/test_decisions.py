"""A decision on what somebody else can change names what was seen (ADR 30).

Every command of every API stands here once, with what it names, or why it need not name anything.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.contract import kit
from tools.openapi.documents import FOLDER

NAMED: dict[str, tuple[str, ...]] = {
    "accounts PUT /registrations/{organisation_id}/confirmation": ("seen",),
    "accounts PUT /registrations/{organisation_id}/rejection": ("seen",),
    "customers PUT /customers/{customer_id}/erasure": ("cases", "vehicles", "merged_ids"),
    "depot_tours POST /tours/{tour_id}/handovers": ("loaded",),
    "depot_tours PUT /tours/{tour_id}/orders/{order_id}/delivery": ("cash",),
    "dispatch PUT /requests/{request_id}/choice": ("price",),
    "interventions POST /cases/{case_id}/audits": ("works",),
    "interventions POST /cases/{case_id}/revisions": ("version",),
    "interventions POST /cases/{case_id}/scan-reports": ("works",),
    "interventions POST /cases/{case_id}/sending": ("seen",),
    "interventions POST /cases/{case_id}/sending/repetitions": ("version",),
    "interventions PUT /cases/{case_id}/answer": ("version",),
    "inventories POST /inventories/{inventory_id}/counts": ("parcels",),
    "inventories PUT /inventories/{inventory_id}/closing": ("settled",),
    "invoices POST /invoices/{invoice_id}/approval": ("net", "validated_at"),
    "invoices POST /invoices/{invoice_id}/lines/{line_id}/contest": ("amount",),
    "invoices POST /invoices/{invoice_id}/lines/{line_id}/settlement": (
        *("instead_of", "contested_at"),
    ),
    "invoices POST /invoices/{invoice_id}/own-invoice/acceptance": ("file_id", "total"),
    "invoices POST /invoices/{invoice_id}/own-invoice/refusal": ("file_id",),
    "invoices POST /invoices/{invoice_id}/validation": ("net",),
    "invoices PUT /invoices/{invoice_id}/price": ("instead_of",),
    "marketplace PUT /providers/{provider_id}/acceptance": ("seen",),
    "marketplace PUT /providers/{provider_id}/documents/{document_kind}/confirmation": ("file_id",),
    "marketplace PUT /providers/{provider_id}/documents/{document_kind}/refusal": ("file_id",),
    "marketplace PUT /providers/{provider_id}/ending": ("jobs",),
    "marketplace PUT /providers/{provider_id}/refusal": ("seen",),
    "marketplace PUT /settings/terms": ("instead_of",),
    "missions POST /trips/{trip_id}/award": ("quote",),
    "missions POST /trips/{trip_id}/quote/counter-offer/acceptance": ("price",),
    "missions POST /trips/{trip_id}/quote/counter-offer/refusal": ("price",),
    "missions POST /trips/{trip_id}/quotes/{driver_id}/counter-offer": ("quote",),
    "missions POST /trips/{trip_id}/quotes/{driver_id}/refusal": ("quote",),
    "papers PUT /partners/{user_id}/{kind}/acceptance": ("file_id", "issued_on", "expires_on"),
    "papers PUT /partners/{user_id}/{kind}/refusal": ("file_id", "issued_on", "expires_on"),
    "payments POST /card-books/{dealership_id}/months/{day}/closing": ("entries",),
    "payments POST /charges/{charge_id}/refunds": ("rest",),
    "payments PUT /cases/{case_id}/deferral": ("amount",),
    "payments PUT /cases/{case_id}/payment-elsewhere": ("amount",),
    "payments POST /payees/{driver_id}/payouts": ("due",),
    "payments POST /payees/{driver_id}/payouts/{payout_id}/payment": ("iban",),
    "payments POST /settlements/{settlement_id}/payouts": ("due", "iban"),
    "reminders POST /reminders/{reminder_id}/merger": ("works",),
    "reminders POST /reminders/{reminder_id}/sending": ("works", "proposed"),
    "reminders PUT /plans/{case_id}": ("groups",),
    "reminders PUT /reminders/{reminder_id}/choice": ("works",),
    "support POST /requests/{request_id}/answers": ("messages",),
    "support PUT /requests/{request_id}/assignee": ("instead_of",),
    "support PUT /requests/{request_id}/closure": ("messages",),
    "support PUT /requests/{request_id}/merger": ("messages",),
    "support POST /requests/{request_id}/parting": ("was_in",),
    "support PUT /requests/{request_id}/priority": ("instead_of",),
    "tills PUT /days/{day}/close": ("couriers",),
}
"""The fields that name what was seen, by the command that is decided on."""

MAY_BE_NOTHING = frozenset({"cash", "instead_of", "expires_on"})
"""Fields that are left out, or null, where there was nothing to see: another value is 412 too."""

BEGINS = (
    "dealerships POST /dealerships/{dealership_id}/devices",
    "accounts POST /dealership-users",
    "accounts POST /depot-users",
    "accounts POST /role-views",
    "accounts POST /support-sessions",
    "accounts POST /users",
    "audits POST /audits",
    "audits POST /dealerships/{dealership_id}/templates",
    "dealerships POST /dealerships",
    "dealerships POST /dealerships/{dealership_id}/checklists",
    "dealerships POST /dealerships/{dealership_id}/checklists/{checklist_id}/copies",
    "dealerships POST /dealerships/{dealership_id}/predefined-messages",
    "dealerships POST /dealerships/{dealership_id}/templates",
    "dealerships POST /group-templates",
    "dealerships POST /manufacturer-checklists",
    "customers POST /customers",
    "customers POST /customers/{customer_id}/consents",
    "customers POST /customers/{customer_id}/exports",
    "customers POST /customers/{customer_id}/vehicles",
    "depot_tours POST /orders",
    "depot_tours POST /orders/imports",
    "depot_tours POST /pickups",
    "dispatch POST /contracts",
    "dispatch POST /contracts/{contract_id}/pauses",
    "dispatch POST /requests",
    "dispatch POST /requests/{request_id}/assignments",
    "interventions POST /cases",
    "interventions POST /cases/{case_id}/duplicates",
    "interventions POST /cases/{case_id}/links/{recipient_id}",
    "inventories POST /inventories",
    "invoices POST /invoices/{invoice_id}/expenses",
    "invoices POST /invoices/{invoice_id}/own-invoice",
    "marketplace POST /invitations",
    "marketplace POST /marketplaces",
    "marketplace POST /marketplaces/{marketplace_id}/complaints",
    "media POST /uploads",
    "missions POST /drivers",
    "missions POST /trips",
    "missions POST /trips/{trip_id}/attachments",
    "missions POST /trips/{trip_id}/extra-costs",
    "missions POST /drivers/{driver_id}/availabilities",
    "payments POST /payees/{driver_id}/questions",
    "reminders POST /reminders",
    "support POST /notices",
    "support POST /replies",
    "support POST /requests",
    "support POST /requests/{request_id}/splits",
    "support POST /whatsapp-requests",
    "conversations POST /customer-threads",
    "conversations POST /job-threads",
    "conversations POST /mission-threads",
    "conversations POST /request-threads",
    "conversations POST /threads",
)
"""These make something that was not there."""

FIXED = (
    "accounts DELETE /organisation/support-access/{grant_id}",
    "dealerships PUT /dealerships/{dealership_id}/brands/{brand}",
    "depot_tours POST /tours",
    "depot_tours POST /tours/{tour_id}/scans",
    "depot_tours POST /orders/{order_id}/preparation/scans",
    "depot_tours PUT /pickups/{pickup_id}/courier",
    "depot_tours PUT /tours/{tour_id}/courier",
    "depot_tours PUT /tours/{tour_id}/orders/{order_id}/failures/{attempt}",
    "dispatch PUT /jobs/{job_id}/cancellation",
    "dispatch PUT /offers/{request_id}/proposal",
    "dispatch PUT /requests/{request_id}/cancellation",
    "interventions DELETE /cases/{case_id}",
    "interventions DELETE /cases/{case_id}/contact-request",
    "interventions DELETE /cases/{case_id}/links/{recipient_id}",
    "interventions PUT /cases/{case_id}/closing",
    "interventions DELETE /dealerships/{dealership_id}/photo-account/credentials",
    "invoices DELETE /invoices/{invoice_id}/expenses/{expense_id}",
    "marketplace DELETE /invitations/{invitation_id}",
    "marketplace POST /invitations/{invitation_id}/repetition",
    "marketplace PUT /providers/{provider_id}/complaints/{complaint_id}/answer",
    "messaging POST /messages/{message_id}/repetition",
    "missions DELETE /drivers/{driver_id}/availabilities/{availability_id}",
    "missions DELETE /trips/{trip_id}/attachments/{file_id}",
    "missions POST /trips/{trip_id}/delivery-confirmation",
    "missions POST /trips/{trip_id}/extra-costs/{request_id}/acceptance",
    "missions POST /trips/{trip_id}/extra-costs/{request_id}/refusal",
    "missions POST /trips/{trip_id}/proposals",
    "missions POST /trips/{trip_id}/quote",
    "payments DELETE /card-accounts/{dealership_id}/keys",
    "payments DELETE /payees/{driver_id}/bank-changes/{change_id}",
    "payments POST /card-accounts/{dealership_id}/differences/{difference_id}/resolution",
    "payments POST /charges/{charge_id}/dispute",
    "payments POST /charges/{charge_id}/dispute/settlement",
    "payments POST /payees/{driver_id}/questions/{question_id}/answer",
    "reminders DELETE /reminders/{reminder_id}",
    "reminders DELETE /reminders/{reminder_id}/contact-request",
    "tills POST /days/{day}/payments",
)
"""The thing of that id is as it was made: an offer, a prepared order, a request, a file, a message.

A tour or pickup is given again as it was made, and only once its courier canceled it."""

SAYS_ALL = (
    "accounts POST /organisation/support-access",
    "accounts PUT /users/{user_id}/agreement",
    "audits PUT /audits/{audit_id}/completion",
    "customers DELETE /customers/{customer_id}/merges/{survivor_id}",
    "customers PUT /customers/{customer_id}/merges/{survivor_id}",
    "depot_tours PUT /orders/{order_id}/preparation/completion",
    "depot_tours PUT /pickups/{pickup_id}/verification",
    "depot_tours PUT /returns/{order_id}/check",
    "depot_tours PUT /returns/{order_id}/shelf",
    "depot_tours PUT /tours/{tour_id}/exit",
    "inventories POST /inventories/{inventory_id}/discrepancies",
    "inventories POST /inventories/{inventory_id}/scans",
    "interventions POST /cases/{case_id}/imports",
    "interventions POST /cases/{case_id}/taken-up-works",
    "interventions PUT /cases/{case_id}/photo-exports/{export_id}",
    "missions POST /trips/{trip_id}/assignment",
    "missions POST /drivers/{driver_id}/qualifications",
    "missions POST /drivers/{driver_id}/trainings",
    "tills POST /days/{day}/deposits",
    "tills POST /days/{day}/counts",
)
"""All that is decided stands in the request: a price, a file, each parcel that stays, which records
are of one customer."""

ONE_SIDE = (
    "dealerships DELETE /devices/{device_id}/pairing",
    "dealerships POST /devices/{device_id}/pairing-codes",
    "accounts DELETE /users/{user_id}/group-manager",
    "accounts PUT /users/{user_id}/dealerships/{dealership_id}/roles",
    "accounts PUT /users/{user_id}/details",
    "accounts PUT /users/{user_id}/group-manager",
    "accounts DELETE /users/{user_id}/activation",
    "accounts DELETE /users/{user_id}/sessions",
    "accounts POST /users/{user_id}/second-factor/removal",
    "accounts PUT /organisation/profile",
    "accounts PUT /users/{user_id}/activation",
    "accounts PUT /users/{user_id}/roles",
    "audits DELETE /dealerships/{dealership_id}/templates/{template_id}",
    "audits PUT /dealerships/{dealership_id}/templates/{template_id}",
    "dealerships DELETE /dealerships/{dealership_id}/checklists/{checklist_id}",
    "dealerships DELETE /dealerships/{dealership_id}/predefined-messages/{predefined_message_id}",
    "dealerships DELETE /dealerships/{dealership_id}/templates/{template_id}",
    "dealerships DELETE /group-templates/{template_id}",
    "dealerships DELETE /manufacturer-checklists/{checklist_id}",
    "dealerships PUT /dealerships/{dealership_id}/brands/{brand}/settings",
    "dealerships PUT /dealerships/{dealership_id}/checklists/{checklist_id}",
    "dealerships PUT /dealerships/{dealership_id}/licences",
    "dealerships PUT /dealerships/{dealership_id}/media-limits",
    "dealerships PUT /dealerships/{dealership_id}/notified-addresses",
    "dealerships PUT /dealerships/{dealership_id}/predefined-messages/{predefined_message_id}",
    "dealerships PUT /dealerships/{dealership_id}/settings",
    "dealerships PUT /dealerships/{dealership_id}/templates/{template_id}",
    "dealerships PUT /group-templates/{template_id}",
    "dealerships PUT /manufacturer-checklists/{checklist_id}",
    "customers DELETE /customers/{customer_id}/vehicles/{vehicle_id}",
    "customers DELETE /customers/{customer_id}/company",
    "customers PUT /customers/{customer_id}/blocked-channels",
    "customers PUT /customers/{customer_id}/company",
    "customers PUT /customers/{customer_id}/details",
    "customers PUT /customers/{customer_id}/vehicles/{vehicle_id}",
    "depot_tours PUT /orders/{order_id}/preparation",
    "depot_tours DELETE /orders/{order_id}/preparation/completion",
    "depot_tours DELETE /returns/{order_id}/check",
    "dispatch PUT /contracts/{contract_id}/end",
    "dispatch PUT /contracts/{contract_id}/provider",
    "dispatch PUT /contracts/{contract_id}/rule",
    "dispatch PUT /contracts/{contract_id}/visits/{visit}/provider",
    "dispatch PUT /contracts/{contract_id}/visits/{visit}/time",
    "dispatch PUT /jobs/{job_id}/arrival",
    "interventions DELETE /cases/{case_id}/media/{media_id}",
    "interventions DELETE /cases/{case_id}/recipients/{recipient_id}",
    "interventions DELETE /cases/{case_id}/works/{work_id}",
    "interventions PUT /cases/{case_id}/answer-asked",
    "interventions PUT /cases/{case_id}/assignee",
    "interventions PUT /cases/{case_id}/completion",
    "interventions PUT /cases/{case_id}/customer",
    "interventions PUT /cases/{case_id}/identity",
    "interventions PUT /cases/{case_id}/internal-message",
    "interventions PUT /cases/{case_id}/media/{media_id}",
    "interventions PUT /cases/{case_id}/message",
    "interventions PUT /cases/{case_id}/recipients/{recipient_id}",
    "interventions PUT /cases/{case_id}/vehicle",
    "interventions PUT /cases/{case_id}/works/{work_id}",
    "interventions PUT /dealerships/{dealership_id}/photo-account/credentials",
    "depot_tours DELETE /tours/{tour_id}/exit",
    "inventories DELETE /inventories/{inventory_id}",
    "inventories PUT /inventories/{inventory_id}/explanations",
    "invoices POST /invoices/{invoice_id}/reopening",
    "invoices PUT /buyer",
    "marketplace DELETE /providers/{provider_id}/ending",
    "marketplace DELETE /providers/{provider_id}/services/{service_code}/acceptance",
    "marketplace DELETE /providers/{provider_id}/suspension",
    "marketplace DELETE /providers/{provider_id}/zone",
    "marketplace DELETE /settings/activation",
    "marketplace DELETE /settings/internal-documents/{document_id}",
    "marketplace DELETE /settings/services/{service_code}",
    "marketplace PUT /providers/{provider_id}/commission",
    "marketplace PUT /providers/{provider_id}/reactivation",
    "marketplace PUT /providers/{provider_id}/services/{service_code}/acceptance",
    "marketplace PUT /providers/{provider_id}/services/{service_code}/rejection",
    "marketplace PUT /providers/{provider_id}/suspension",
    "marketplace PUT /providers/{provider_id}/zone",
    "marketplace PUT /settings/activation",
    "marketplace PUT /settings/assignment",
    "marketplace PUT /settings/commission",
    "marketplace PUT /settings/commission-vat",
    "marketplace PUT /settings/company",
    "marketplace PUT /settings/documents",
    "marketplace PUT /settings/internal-documents/{document_id}",
    "marketplace PUT /settings/localities",
    "marketplace PUT /settings/notice-period",
    "marketplace PUT /settings/services/{service_code}",
    "payments PUT /card-accounts/{dealership_id}/company",
    "payments PUT /card-accounts/{dealership_id}/keys",
    "payments PUT /card-accounts/{dealership_id}/mode",
    "missions PUT /drivers/{driver_id}/home",
    "missions PUT /drivers/{driver_id}/phone",
    "missions PUT /drivers/{driver_id}/required-papers",
    "missions PUT /trips/{trip_id}/client",
    "missions PUT /trips/{trip_id}/plate",
    "missions PUT /trips/{trip_id}/stops/{end}",
    "reminders DELETE /reminders/{reminder_id}/hold",
    "reminders POST /plans/{case_id}/previews",
    "reminders PUT /reminders/{reminder_id}/attachments",
    "reminders PUT /reminders/{reminder_id}/follow-up-day",
    "reminders PUT /reminders/{reminder_id}/hold",
    "reminders PUT /reminders/{reminder_id}/message",
    "reminders PUT /reminders/{reminder_id}/send-day",
    "reminders PUT /reminders/{reminder_id}/works",
    "reminders DELETE /workdays/{dealership_id}/{day}/appointments/{reminder_id}",
    "reminders PUT /workdays/{dealership_id}/{day}/slots",
    "support DELETE /replies/{reply_id}",
    "support PUT /desk",
    "support PUT /replies/{reply_id}",
    "conversations DELETE /threads/{thread_id}/members/{user_id}",
    "conversations POST /threads/{thread_id}/members",
    "conversations PUT /threads/{thread_id}/closure",
)
"""Colleagues replace it whole, or take it back: the last word counts; `If-Match` is for them."""

OWN = (
    "dealerships PUT /devices/{device_id}/version",
    "accounts DELETE /me/sessions",
    "accounts POST /me/email",
    "accounts POST /me/phone",
    "accounts POST /me/second-factor",
    "accounts POST /me/second-factor/confirmation",
    "accounts POST /me/second-factor/recovery-codes",
    "accounts PUT /me/licence",
    "accounts PUT /me/password",
    "accounts PUT /me/phone",
    "accounts PUT /me/profile",
    "accounts PUT /organisation/registration",
    "alerts DELETE /searches/{search_id}",
    "alerts PUT /searches/{search_id}",
    "depot_tours PUT /tours/{tour_id}/cancellation",
    "depot_tours PUT /pickups/{pickup_id}/cancellation",
    "depot_tours PUT /tours/{tour_id}/orders/{order_id}/return",
    "dispatch PUT /jobs/{job_id}/completion",
    "dispatch PUT /jobs/{job_id}/departure",
    "dispatch PUT /jobs/{job_id}/review",
    "dispatch PUT /offers/{request_id}/declining",
    "invoices DELETE /sellers/{driver_id}/mandate",
    "invoices PUT /sellers/{driver_id}/company",
    "invoices PUT /sellers/{driver_id}/mandate",
    "marketplace DELETE /marketplaces/{marketplace_id}/services/{service_code}",
    "marketplace PUT /marketplaces/{marketplace_id}/application",
    "marketplace PUT /marketplaces/{marketplace_id}/services/{service_code}",
    "marketplace PUT /profile/availability",
    "marketplace PUT /profile/calendar",
    "marketplace PUT /profile/identity",
    "marketplace PUT /profile/marketing-consent",
    "marketplace PUT /profile/zone",
    "media DELETE /files/{file_id}",
    "media POST /files/links",
    "media POST /files/{file_id}/links",
    "media PUT /uploads/{file_id}/completion",
    "media PUT /uploads/{file_id}/pieces/{start}",
    "messaging PUT /messages/mine/reading",
    "messaging PUT /messages/{message_id}/reading",
    "messaging PUT /notices/reading",
    "messaging PUT /preferences",
    "missions DELETE /trips/{trip_id}/quote",
    "missions PUT /trips/{trip_id}/quote",
    "papers PUT /mine/{kind}",
    "papers PUT /organisation/{kind}",
    "payments PUT /payees/{driver_id}/bank-details",
    "support POST /requests/{request_id}/messages",
    "support PUT /requests/{request_id}/rating",
    "support PUT /requests/{request_id}/read",
    "conversations POST /threads/{thread_id}/messages",
    "conversations PUT /threads/{thread_id}/reading",
    "messaging DELETE /browsers/{browser_id}",
    "messaging POST /browsers",
)
"""One's own: nobody else changes it."""

NAMING_NOTHING = (BEGINS, FIXED, SAYS_ALL, ONE_SIDE, OWN)
_SAFE = frozenset({"get", "head", "parameters"})
_FORMS = ("application/json", "application/octet-stream")


def commands() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each command of somebody, with the schema of its body, from the documents of the APIs."""
    for file in sorted((kit.ROOT / FOLDER).glob("*.yaml")):
        document = yaml.load(file.read_text(), yaml.CSafeLoader)
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method not in _SAFE and operation.get("x-roles"):
                    yield f"{file.stem} {method.upper()} {path}", body_of(operation, document)


def body_of(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a command takes; empty where it takes nothing."""
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((content[one]["schema"] for one in _FORMS if one in content), {})
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.fixture(scope="module")
def bodies() -> dict[str, dict[str, Any]]:
    return dict(commands())


def test_every_command_is_known_by_what_it_decides_on(bodies: dict[str, dict[str, Any]]) -> None:
    listed = [*NAMED, *(one for reason in NAMING_NOTHING for one in reason)]
    assert sorted(listed) == sorted(bodies)


@pytest.mark.parametrize("command", NAMED)
def test_a_decision_has_to_name_what_was_seen(
    command: str, bodies: dict[str, dict[str, Any]]
) -> None:
    schema = bodies[command]
    assert {*NAMED[command]} <= schema["properties"].keys()
    assert {*NAMED[command]} - MAY_BE_NOTHING <= {*schema.get("required", ())}
