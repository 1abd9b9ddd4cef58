"""Builders for registrations, and somebody who registers a depot."""

from typing import Any

import httpx

from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
)
from contracts.accounts.user_v1 import PhoneCodeRequested
from infra.http import readable_ids
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.access import Access
from services.accounts.organisation import RegisterOrganisation
from services.accounts.organisation.admission import (
    CONDITIONS,
    ConfirmRegistration,
    CorrectRegistration,
    Evidence,
    RejectRegistration,
    SubmitRegistration,
)
from services.accounts.tests.make import LATER, NOON, context
from services.accounts.tests.serving import PASSWORD, Caller

PHONE = "+212661234567"
CARD = "BK123456"
ICE = "001561191000066"
DEPOT = Profile(
    name="Maarif", time_zone="Africa/Casablanca", currency="MAD", country="MA", contacts=()
)


def submit(conditions: str = CONDITIONS) -> SubmitRegistration:
    return SubmitRegistration(
        organisation_id="maarif",
        user_id="nadia",
        kind=OrganisationKind.DEPOT,
        profile=DEPOT,
        manager_name="Nadia Alaoui",
        phone=PHONE,
        identity_card=CARD,
        identity_card_mark="mark",
        company_number=ICE,
        address="12 rue Ibn Batouta",
        city="Casablanca",
        conditions_version=conditions,
        language="fr",
        at=NOON,
    )


def submitted() -> tuple[OrganisationRegistered, RegistrationSubmitted]:
    registered = OrganisationRegistered(
        organisation_id="maarif", kind=OrganisationKind.DEPOT, profile=DEPOT, registered_at=NOON
    )
    submission = RegistrationSubmitted(
        organisation_id="maarif",
        user_id="nadia",
        manager_name="Nadia Alaoui",
        phone=PHONE,
        identity_card=CARD,
        identity_card_mark="mark",
        company_number=ICE,
        address="12 rue Ibn Batouta",
        city="Casablanca",
        conditions_version=CONDITIONS,
        language="fr",
        submitted_at=NOON,
    )
    return registered, submission


def seen(name: str = "Maarif") -> Evidence:
    return Evidence(
        name=name,
        manager_name="Nadia Alaoui",
        phone=PHONE,
        identity_card="BK****56",
        company_number=ICE,
        address="12 rue Ibn Batouta",
        city="Casablanca",
    )


def confirm(name: str = "Maarif") -> ConfirmRegistration:
    return ConfirmRegistration(organisation_id="maarif", seen=seen(name), by="lea", at=LATER)


def confirmed() -> RegistrationConfirmed:
    return RegistrationConfirmed(
        organisation_id="maarif",
        user_id="nadia",
        partner="Maarif",
        confirmed_by="lea",
        confirmed_at=LATER,
    )


def reject(reason: str = "There is no such street.") -> RejectRegistration:
    return RejectRegistration(
        organisation_id="maarif", seen=seen(), reason=reason, by="lea", at=LATER
    )


def rejected() -> RegistrationRejected:
    return RegistrationRejected(
        organisation_id="maarif",
        user_id="nadia",
        partner="Maarif",
        reason="There is no such street.",
        rejected_by="lea",
        rejected_at=LATER,
    )


def correct(
    name: str = "Maarif",
    user: str = "nadia",
    conditions: str = CONDITIONS,
    address: str = "14 rue Ibn Batouta",
) -> CorrectRegistration:
    return CorrectRegistration(
        organisation_id="maarif",
        user_id=user,
        name=name,
        manager_name="Nadia Alaoui",
        identity_card="BK123457",
        identity_card_mark="another",
        company_number=None,
        address=address,
        city="Rabat",
        conditions_version=conditions,
        at=LATER,
    )


def corrected() -> RegistrationCorrected:
    return RegistrationCorrected(
        organisation_id="maarif",
        user_id="nadia",
        manager_name="Nadia Alaoui",
        identity_card="BK123457",
        identity_card_mark="another",
        company_number=None,
        address="14 rue Ibn Batouta",
        city="Rabat",
        conditions_version=CONDITIONS,
        corrected_at=LATER,
    )


# --- Over HTTP --------------------------------------------------------------


def body(code: str, **changed: Any) -> dict[str, Any]:
    return {
        "partnership": "depot",
        "name": "Maarif",
        "manager_name": "Nadia Alaoui",
        "phone": "0661234567",
        "code": code,
        "identity_card": CARD,
        "company_number": ICE,
        "address": "12 rue Ibn Batouta",
        "city": "Casablanca",
        "password": PASSWORD,
        "conditions_version": CONDITIONS,
        **changed,
    }


EVIDENCE = {
    "name": "Maarif",
    "manager_name": "Nadia Alaoui",
    "phone": PHONE,
    "identity_card": "BK****56",
    "company_number": ICE,
    "address": "12 rue Ibn Batouta",
    "city": "Casablanca",
}


async def code_for(api: Caller, phone: str = "0661234567") -> str:
    """Ask for a code, and read the text message."""
    answer = await api.anybody("POST", "/phone-codes", {"phone": phone})
    assert answer.status_code == 202, answer.text
    return await code_sent(api, phone)


async def code_sent(api: Caller, phone: str) -> str:
    """The code that was sent to a phone last."""
    secrets = Access(api.running).secrets
    key = await secrets.phones.key(f"+212{phone[1:]}")
    user_id = await secrets.phone_codes.registrant(key)
    assert user_id is not None
    assert user_id.startswith(readable_ids.USER)
    history = await api.running.commands.history(USER, user_id)
    return [e.event.code for e in history if isinstance(e.event, PhoneCodeRequested)][-1]


async def registered(api: Caller, **changed: Any) -> Any:
    """The ids of a depot that was registered, and of its manager."""
    code = await code_for(api, changed.get("phone", "0661234567"))
    answer = await api.anybody("POST", "/registrations", body(code, **changed))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def with_operator(api: Caller) -> None:
    """The organisation that runs the platform, of `lea`."""
    command = RegisterOrganisation(
        organisation_id="relais",
        kind=OrganisationKind.MARKETPLACE_OPERATOR,
        profile=DEPOT,
        at=NOON,
    )
    await api.running.commands.handle(ORGANISATION, "relais", command, context())


async def decided(
    api: Caller, ids: Any, decision: str, org: str = "relais", **more: Any
) -> httpx.Response:
    """The answer to an administrator who confirms or rejects what they saw."""
    path = f"/registrations/{ids['organisation_id']}/{decision}"
    return await api.ask("PUT", path, {"seen": EVIDENCE, **more}, org=org)


async def sign_in(api: Caller, **login: str) -> httpx.Response:
    return await api.anybody("POST", "/sign-in", {"password": PASSWORD, **login})
