"""A company signs up with the invitation of a marketplace, once, as it was shown the terms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from contracts.accounts.organisation_v1 import (
    CompanySignedUp,
    OrganisationKind,
    OrganisationRegistered,
)
from contracts.accounts.user_v1 import Role
from contracts.common_v1 import AcceptedDocument
from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationSent,
    InvitationWithdrawn,
)
from contracts.marketplace.marketplace_v1 import (
    InternalDocumentPublished,
    MarketplaceActivated,
    MarketplaceDeactivated,
    TermsPublished,
)
from contracts.runtime import REDACTED
from infra.testing.following import follow
from infra.testing.spec import Spec
from services.accounts import organisation
from services.accounts.organisation.signing_up import SignUpCompany, SignUpLinkUsed
from services.accounts.reactions.from_accounts_organisation import react
from services.accounts.tests.make import LATER, NOON, PROFILE, registered
from services.accounts.tests.registering import sign_in
from services.accounts.tests.serving import PASSWORD, Caller, served

given = Spec(organisation.decide, organisation.evolve, organisation.initial).given
TOKEN, ADDRESS = "IN7H3K9Q2MXC.first.secret", "paul@atelier.example"
CHARTER = AcceptedDocument("charter", 2)


def command(name: str = "Atelier Vert", at: datetime = NOON) -> SignUpCompany:
    return SignUpCompany(
        organisation_id="atelier",
        profile=replace(PROFILE, name=name),
        user_id="paul",
        user_name="Paul Morin",
        email=ADDRESS,
        language="fr",
        marketplace_id="quartier",
        invitation_id="i-1",
        token_mark="mark",
        terms_version=3,
        internal_documents=(CHARTER,),
        at=at,
    )


SIGNED_UP = CompanySignedUp(
    organisation_id="atelier",
    company_name="Atelier Vert",
    user_id="paul",
    user_name="Paul Morin",
    email=ADDRESS,
    language="fr",
    marketplace_id="quartier",
    invitation_id="i-1",
    token_mark="mark",
    terms_version=3,
    internal_documents=(CHARTER,),
    signed_up_at=NOON,
)
FACTS = (
    OrganisationRegistered(
        organisation_id="atelier",
        kind=OrganisationKind.PROVIDER,
        profile=replace(PROFILE, name="Atelier Vert"),
        registered_at=NOON,
    ),
    SIGNED_UP,
)


@pytest.mark.requirement("OGU-11", "G-64")
class TestDecisions:
    def test_a_company_signs_up_and_is_a_provider(self) -> None:
        given().when(command()).records(*FACTS)

    def test_the_same_again_is_no_news_and_another_company_finds_the_link_used(self) -> None:
        given(*FACTS).when(command(at=LATER)).records()
        given(*FACTS).when(command("Other")).is_rejected(SignUpLinkUsed())

    def test_an_organisation_that_was_founded_is_not_signed_up_again(self) -> None:
        taken = organisation.OrganisationIdTaken("atelier")
        given(registered()).when(command()).is_rejected(taken)

    def test_its_first_user_administers_it_and_acts_on_marketplaces(self) -> None:
        (admit,) = react(SIGNED_UP)
        assert (admit.user_id, admit.email) == ("paul", ADDRESS)
        assert set(admit.roles) == {Role.ADMINISTRATION, Role.PROVIDER_MANAGER}
        assert react(replace(SIGNED_UP, email=REDACTED)) == []


# --- Over HTTP --------------------------------------------------------------


def sent(token: str = TOKEN, days: int = 30) -> InvitationSent:
    sent_at = datetime.now(UTC) - timedelta(days=1)
    return InvitationSent(
        invitation_id=token.partition(".")[0],
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        email=ADDRESS,
        language="fr",
        link=f"https://portal.example/join#token={token}",
        token_mark=sha256(token.encode()).hexdigest(),
        expires_at=sent_at + timedelta(days=days),
        sent_by="olga",
        sent_at=sent_at,
    )


SWITCHED_OFF = MarketplaceDeactivated(
    marketplace_id="quartier", deactivated_by="ada", deactivated_at=NOON
)
WITHDRAWN = InvitationWithdrawn(
    invitation_id="IN7H3K9Q2MXC", marketplace_id="quartier", withdrawn_by="olga", withdrawn_at=NOON
)
ACCEPTED = InvitationAccepted(
    invitation_id="IN7H3K9Q2MXC",
    marketplace_id="quartier",
    provider_id="other",
    relation_id="r-1",
    accepted_by="pia",
    accepted_at=NOON,
    provider_name="Other",
    marketplace_name="Quartier Net",
    invited_at=NOON,
    terms_version=3,
    internal_documents=(),
    told_id="olga",
)
MARKETPLACE = (
    MarketplaceActivated(
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        activated_by="ada",
        activated_at=NOON,
    ),
    TermsPublished(
        marketplace_id="quartier",
        version=3,
        title="Terms",
        file_id="f-1",
        published_by="olga",
        published_at=NOON,
    ),
    InternalDocumentPublished(
        marketplace_id="quartier",
        document_id="charter",
        version=2,
        title="Charter",
        file_id="f-2",
        published_by="olga",
        published_at=NOON,
    ),
)


def events_of(happened: str) -> list[Any]:
    """The events of an invitation whose link works no more."""
    match happened:
        case "expired":
            return [sent(days=1)]
        case "withdrawn":
            return [sent(), WITHDRAWN]
        case "used":
            return [sent(), ACCEPTED]
        case "sent again":
            return [sent(), sent("IN7H3K9Q2MXC.second.secret")]
        case "marketplace off":
            return [sent(), SWITCHED_OFF]
        case unknown:
            raise ValueError(unknown)


def body(**changed: Any) -> dict[str, Any]:
    return {
        "token": TOKEN,
        "name": "Atelier Vert",
        "manager_name": "Paul Morin",
        "email": ADDRESS,
        "password": PASSWORD,
        "country": "FR",
        "terms_version": 3,
        "internal_documents": [{"document_id": "charter", "version": 2}],
        **changed,
    }


@asynccontextmanager
async def invited(database: str, *events: Any) -> AsyncIterator[Caller]:
    async with served(database) as api:
        await follow(api.running, *MARKETPLACE, *(events or (sent(),)))
        yield api


async def refusal(api: Caller, **changed: Any) -> tuple[int, str]:
    answer = await api.anybody("POST", "/company-registrations", body(**changed))
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.requirement("OGU-11", "OGU-14", "G-64")
async def test_a_company_that_was_invited_signs_up_and_its_manager_signs_in(database: str) -> None:
    async with invited(database) as api:
        answer = await api.anybody("POST", "/company-registrations", body())
        assert answer.status_code == 201, answer.text
        ids = answer.json()
        assert ids["marketplace_id"] == "quartier"
        tokens = (await sign_in(api, email=ADDRESS)).json()
        me = (await api.own(tokens, "GET", "/me")).json()
        assert me["organisation_id"] == ids["organisation_id"]
        assert set(me["roles"]) == {"administration", "provider_manager"}
        again = await api.anybody("POST", "/company-registrations", body())
        assert (again.status_code, again.json()) == (201, ids)
        assert await refusal(api, name="Other") == (409, "sign-up-link-used")


@pytest.mark.requirement("OGU-11", "OGU-14", "G-64")
@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"email": "pia@atelier.example"}, (422, "not-the-invited-address")),
        ({"terms_version": 2}, (409, "other-documents-hold")),
        ({"terms_version": None}, (409, "other-documents-hold")),
        ({"internal_documents": []}, (409, "other-documents-hold")),
        ({"token": "IN7H3K9Q2MXC.first.guess"}, (404, "sign-up-link-unknown")),
        ({"token": "INNOBODYHAS1.first.secret"}, (404, "sign-up-link-unknown")),
        ({"password": "paul@atelier.example"}, (422, "password-too-simple")),
    ],
)
async def test_another_address_terms_or_link_are_refused(
    database: str, changed: dict[str, Any], refused: tuple[int, str]
) -> None:
    async with invited(database) as api:
        assert await refusal(api, **changed) == refused
        assert (await sign_in(api, email=ADDRESS)).status_code == 401


@pytest.mark.requirement("OGU-11", "G-64")
@pytest.mark.parametrize(
    ("happened", "refused"),
    [
        ("expired", (409, "sign-up-link-over")),
        ("withdrawn", (409, "sign-up-link-over")),
        ("used", (409, "sign-up-link-used")),
        ("sent again", (404, "sign-up-link-unknown")),
        ("marketplace off", (409, "sign-up-link-over")),
    ],
)
async def test_a_link_that_works_no_more_is_refused(
    database: str, happened: str, refused: tuple[int, str]
) -> None:
    async with invited(database, *events_of(happened)) as api:
        assert await refusal(api) == refused


@pytest.mark.requirement("OGU-11")
async def test_an_address_that_has_an_account_does_not_sign_up_with_it(database: str) -> None:
    async with invited(database, sent(), sent("IN7H3K9Q2MXD.first.secret")) as api:
        assert (await api.anybody("POST", "/company-registrations", body())).status_code == 201
        other = "IN7H3K9Q2MXD.first.secret"
        assert await refusal(api, token=other, name="Other") == (409, "address-taken")
