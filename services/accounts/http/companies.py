"""Companies sign up with the invitation of a marketplace (OGU-11, OGU-14)."""

from dataclasses import replace
from hashlib import sha256
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, StringConstraints
from starlette.requests import Request

from contracts.accounts.organisation_v1 import Profile
from contracts.common_v1 import AcceptedDocument
from contracts.providers import Marketplace
from infra.addresses import mailbox
from infra.database import Connection
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Router
from infra.http.auth import Principal
from infra.http.clients import client_of
from infra.http.models import Body, Country, Email, Id, Language, Line, TimeZone, Whole
from infra.http.request_context import PublicRequest, RequestContext
from infra.lookups import marketplaces
from services.accounts.adapters.secrets import passwords, throttle
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.access import NO_STORE, Access, PublicContext
from services.accounts.http.fields import Password
from services.accounts.http.passwords import refuse_weak
from services.accounts.http.problems import (
    AddressTaken,
    NotTheInvitedAddress,
    OtherDocumentsHold,
    SignUpLinkOver,
    SignUpLinkUnknown,
)
from services.accounts.lookups import marketplace_invitation
from services.accounts.lookups.marketplace_invitation import Invitation
from services.accounts.organisation import Registered
from services.accounts.organisation.signing_up import (
    ByInvitation,
    SignUpCompany,
    SignUpLinkUsed,
)
from services.accounts.user.registration import admitting_by_invitation

COMPANIES = uuid5(NAMESPACE_URL, "relais:accounts:companies")
"""Namespace of the ids of companies that sign up: one for a link, which nobody knows who has not
got it."""
MOST_DOCUMENTS = 100

LinkToken = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,40}\.[!-~]{1,200}$")]

# --- Bodies and answers -----------------------------------------------------


class AcceptedBody(Body):
    """An internal document of the marketplace, in the version that was shown."""

    document_id: Id
    version: Annotated[Whole, Field(ge=1)]


class CompanyBody(Body):
    """A company that was invited to a marketplace, and the person who manages it there."""

    token: LinkToken
    """The secret in the link of the invitation."""
    name: Line
    """The name of the company."""
    manager_name: Line
    email: Email
    """The address that was invited. The manager signs in with it."""
    password: Password
    country: Country
    time_zone: TimeZone | None = None
    """That of the marketplace, unless it is said."""
    terms_version: Annotated[Whole, Field(ge=1)] | None
    """The terms of use that are accepted; null where the marketplace has none."""
    internal_documents: Annotated[
        tuple[AcceptedBody, ...], Field(max_length=MOST_DOCUMENTS, strict=False)
    ]
    """Every internal document that was shown with the invitation: all of them are accepted."""
    language: Language = "fr"

    def accepted(self) -> tuple[AcceptedDocument, ...]:
        found = {one.document_id: one.version for one in self.internal_documents}
        return tuple(AcceptedDocument(id, found[id]) for id in sorted(found))


class CompanySignedUpNow(Answer):
    """The company that signed up. Its manager may sign in at once; the marketplace follows."""

    organisation_id: str
    user_id: str
    marketplace_id: str


# --- Routes -----------------------------------------------------------------


def routes(access: Access) -> Router:
    router = access.router("Registration")

    @router.post("/company-registrations", status_code=201)
    async def sign_up_company(
        body: CompanyBody, context: PublicContext, request: Request
    ) -> Answered[CompanySignedUpNow]:
        """Sign up a company with an invitation to a marketplace, whose terms and documents are
        accepted as they were shown. The link works once, for the address that it was mailed to.

        A company that has an account joins with it instead.
        """
        key = await access.secrets.addresses.key(body.email)
        await access.attempt(throttle.REGISTRATION, key, client_of(request.scope), context.at)
        mark = sha256(body.token.encode()).hexdigest()
        invitation_id = body.token.partition(".")[0]
        found = uuid5(COMPANIES, f"{invitation_id}/{mark}")
        organisation_id = readable_ids.readable_id(readable_ids.ORGANISATION, found)
        user_id = readable_ids.readable_id(readable_ids.USER, found)
        invitation = await context.lookup(marketplace_invitation.lookup, invitation_id)
        if invitation is None or invitation.token_mark != mark:
            raise context.refuse(SignUpLinkUnknown())
        known = await access.organisation(organisation_id)
        marketplace = await marketplace_of(context, invitation)
        if known is None:
            refuse_over(context, invitation)
            refuse_others(context, body, marketplace)
        if mailbox(invitation.email).casefold() != mailbox(body.email).casefold():
            raise context.refuse(NotTheInvitedAddress())
        command = SignUpCompany(
            organisation_id=organisation_id,
            profile=profile_of(body, marketplace),
            user_id=user_id,
            user_name=body.manager_name,
            email=invitation.email,
            language=body.language,
            marketplace_id=marketplace.marketplace_id,
            invitation_id=invitation_id,
            token_mark=mark,
            terms_version=body.terms_version,
            internal_documents=body.accepted(),
            at=context.at,
        )
        theirs = await as_signing_up(access, context, user_id, organisation_id)
        await signed_up(access, theirs, command, body.password.get_secret_value())
        answer = CompanySignedUpNow(
            organisation_id=organisation_id,
            user_id=user_id,
            marketplace_id=marketplace.marketplace_id,
        )
        return Answered(answer, 201, NO_STORE)

    return router


async def marketplace_of(context: PublicRequest, invitation: Invitation) -> Marketplace:
    """The marketplace that invites, while it is active. Raises a 409 `Problem`."""
    found = await context.lookup(marketplaces.lookup, invitation.marketplace_id)
    if found is None or not found.marketplace[0].active:
        raise context.refuse(SignUpLinkOver())
    return found.marketplace[0]


def refuse_over(context: PublicRequest, invitation: Invitation) -> None:
    if invitation.standing == marketplace_invitation.ACCEPTED:
        raise context.refuse(SignUpLinkUsed())
    is_withdrawn = invitation.standing == marketplace_invitation.WITHDRAWN
    if is_withdrawn or context.at >= invitation.expires_at:
        raise context.refuse(SignUpLinkOver())


def refuse_others(context: PublicRequest, body: CompanyBody, marketplace: Marketplace) -> None:
    """Refuse what is accepted where something else holds by now. Raises 409."""
    held = tuple(
        AcceptedDocument(one.document_id, one.version) for one in marketplace.internal_documents
    )
    if (body.terms_version, body.accepted()) != (marketplace.terms_version, held):
        raise context.refuse(OtherDocumentsHold())


def profile_of(body: CompanyBody, marketplace: Marketplace) -> Profile:
    return Profile(
        name=body.name,
        time_zone=body.time_zone or marketplace.time_zone,
        currency=marketplace.currency,
        country=body.country,
        contacts=(),
    )


async def as_signing_up(
    access: Access, context: PublicRequest, user_id: str, organisation_id: str
) -> RequestContext:
    """The request of somebody who is not a user yet."""
    principal = Principal(user_id, organisation_id, frozenset())
    known = replace(context.as_principal(principal), if_match=None)
    return await access.without_secrets(known)


async def signed_up(
    access: Access, theirs: RequestContext, command: SignUpCompany, password: str
) -> None:
    """Record the company, and make its manager a user. The password and the address are kept with
    the first fact: a reaction makes the user as well, should this process not come to it."""
    await refuse_weak(theirs, password, command.profile.name, command.user_name, command.email)
    hashed = await access.secrets.passwords.hash(password)
    addresses = access.secrets.addresses
    key = await addresses.key(command.email)

    async def keep(connection: Connection) -> None:
        # The link came to the address, which proves it.
        if not await addresses.prove(connection, key, command.user_id):
            raise theirs.refuse(AddressTaken())
        await passwords.keep(connection, command.user_id, hashed)

    await access.administrators.add(command.organisation_id, command.user_id)
    done = await theirs.perform(ORGANISATION, command.organisation_id, command, keep)
    assert isinstance(done.state, Registered)
    assert isinstance(done.state.admission, ByInvitation)
    admit = admitting_by_invitation(done.state.admission.signed_up)
    second = replace(theirs, idempotency_key=f"{theirs.idempotency_key}/manager", fingerprint="")
    await second.perform(USER, command.user_id, admit)
