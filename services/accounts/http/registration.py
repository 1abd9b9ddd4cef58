"""Partners register themselves: a phone is proved, the registration is shown, and decided."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, assert_never
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request
from stdnum.exceptions import ValidationError
from stdnum.ma import ice

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from infra.database import Connection
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.auth import Principal
from infra.http.clients import client_of
from infra.http.models import Body, Id, Instant, Language, Line, Phone, Text, takes_texts
from infra.http.problems import invalid
from infra.http.request_context import PublicRequest, RequestContext
from infra.store import InTransaction
from infra.wording import Unfit
from services.accounts.adapters.secrets import passwords, phone_codes, throttle
from services.accounts.adapters.secrets.phone_codes import Right
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.access import (
    NO_STORE,
    Access,
    AdministrationContext,
    ManagerContext,
    PublicContext,
    phone_of,
    wrong,
)
from services.accounts.http.fields import MOROCCO, Password, PhoneCode
from services.accounts.http.passwords import refuse_weak
from services.accounts.http.problems import IdentityCardTaken
from services.accounts.organisation import NoSuchOrganisation, Registered, admission
from services.accounts.organisation.admission import (
    Confirmed,
    ConfirmRegistration,
    CorrectRegistration,
    Evidence,
    Founded,
    NotToBeAdmitted,
    Pending,
    Rejected,
    RejectRegistration,
    SubmitRegistration,
)
from services.accounts.organisation.signing_up import ByInvitation
from services.accounts.user import Person
from services.accounts.user.registration import RequestPhoneCode, admitting
from services.accounts.user.sign_in import NotePhoneInUse

REGISTRANTS = uuid5(NAMESPACE_URL, "relais:accounts:registrants")
"""Namespace of the ids of people who are to register."""
CASABLANCA, DIRHAM = "Africa/Casablanca", "MAD"


def _company_number(text: str) -> str:
    try:
        return str(ice.validate(text))
    except ValidationError as error:
        raise Unfit("ice") from error


IdentityCard = Annotated[
    str,
    StringConstraints(to_upper=True, strip_whitespace=True, pattern=r"^[A-Za-z]{1,2}[0-9]{3,7}$"),
]
CompanyNumber = Annotated[str, StringConstraints(max_length=40), AfterValidator(_company_number)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$")]

# --- Bodies -----------------------------------------------------------------


class PhoneCodeBody(Body):
    phone: Phone
    """Without a country code it is a number of Morocco."""


class RegistrationBody(Body):
    """A depot that wants to be a partner, and the person who manages it."""

    partnership: Literal["depot"]
    name: Line
    """The name of the depot."""
    manager_name: Line
    phone: Phone
    """The manager's, who signs in with it."""
    code: PhoneCode
    """The digits that were sent to the phone."""
    identity_card: IdentityCard
    """The number of the manager's national identity card (CIN)."""
    company_number: CompanyNumber | None = None
    """The depot's ICE, where it has one."""
    address: Line
    city: Line
    password: Password
    conditions_version: Version
    """The conditions that the manager accepts: the version that is in force."""
    language: Language = "fr"


class CorrectionBody(Body):
    """A registration that was rejected, as it should be. The phone stays as it was proved."""

    name: Line
    """The name of the depot."""
    manager_name: Line
    identity_card: IdentityCard
    """The number of the manager's national identity card (CIN)."""
    company_number: CompanyNumber | None = None
    """The depot's ICE, where it has one."""
    address: Line
    city: Line
    conditions_version: Version
    """The conditions that the manager accepts: the version that is in force."""


class EvidenceBody(Body):
    """The registration as the decider saw it."""

    name: Line
    manager_name: Line
    phone: Line
    identity_card: Line
    """As it was shown: masked."""
    company_number: Line | None
    address: Line
    city: Line

    def evidence(self) -> Evidence:
        return Evidence(
            name=self.name,
            manager_name=self.manager_name,
            phone=self.phone,
            identity_card=self.identity_card,
            company_number=self.company_number,
            address=self.address,
            city=self.city,
        )


class ConfirmationBody(Body):
    seen: EvidenceBody


class RejectionBody(Body):
    seen: EvidenceBody
    reason: Text
    """Told to the manager."""


# --- Answers ----------------------------------------------------------------


class CodeSent(Answer):
    sms: str
    """A sentence that says that it was done, in the language of `Accept-Language`."""


class Conditions(Answer):
    """The conditions that a partner accepts at present."""

    version: str


class RegistrationStatus(StrEnum):
    """How far the registration of a partner is."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class RegistrationShown(Answer):
    """One's own registration."""

    organisation_id: str
    status: RegistrationStatus
    name: str
    manager_name: str
    phone: str
    identity_card: str
    """Masked."""
    company_number: str | None
    address: str
    city: str
    conditions_version: str
    submitted_at: Instant
    decided_at: Instant | None
    reason: str | None
    """The reason it was rejected for."""


class RegisteredNow(Answer):
    """A registration that waits for the operator. Its manager signs in to see how far it is."""

    organisation_id: str
    user_id: str
    status: RegistrationStatus = RegistrationStatus.PENDING


# --- Routes -----------------------------------------------------------------


def routes(access: Access) -> Router:
    router = access.router("Registration")

    @router.get("/registrations/conditions")
    async def show_conditions(context: PublicContext) -> Answered[Conditions]:
        """The version of the conditions that are in force. The portal has their text."""
        return Answered(Conditions(version=admission.CONDITIONS))

    @router.post("/phone-codes", status_code=202)
    async def send_phone_code(
        body: PhoneCodeBody, context: PublicContext, request: Request
    ) -> Answered[CodeSent]:
        """Ask for a code as a text message, which proves a phone; answered alike for every phone.

        The code is good for ten minutes and five attempts. The owner of a phone that has an
        account is told so instead.
        """
        phone = phone_of(body.phone)
        if not takes_texts(phone):
            raise invalid("/phone", "value_error", "no_texts")
        key = await access.secrets.phones.key(phone)
        await access.attempt(throttle.PHONE_CODE, key, client_of(request.scope), context.at)
        await send_code(access, context, phone, key)
        sent = CodeSent(sms=context.says("sms", "sent"))
        return context.in_language(Answered(sent, 202, NO_STORE))

    @router.post("/registrations", status_code=201)
    async def register(
        body: RegistrationBody, context: PublicContext, request: Request
    ) -> Answered[RegisteredNow]:
        """Register a depot, with the phone of its manager, who signs in with it from now on.

        The operator of the platform looks at it. Until then its people see how far it is.
        """
        phone = phone_of(body.phone)
        key = await access.secrets.phones.key(phone)
        await access.attempt(throttle.REGISTRATION, key, client_of(request.scope), context.at)
        right = await access.secrets.phone_codes.judge(key, body.code, context.at)
        if right is None:
            raise wrong("/code", "phone_code")
        return Answered(await registered(access, context, body, phone, right), 201, NO_STORE)

    @router.get("/organisation/registration")
    async def show_registration(context: ManagerContext) -> Answered[RegistrationShown]:
        """How far the registration of one's own organisation is."""
        found = await context.load(ORGANISATION, context.principal.organisation_id)
        if not isinstance(found.state, Registered) or isinstance(
            found.state.admission, Founded | ByInvitation
        ):
            raise context.refuse(NotToBeAdmitted())
        return context.show(registration_shown(found.state, found.state.admission), found)

    @router.put("/organisation/registration")
    async def correct_registration(
        body: CorrectionBody, context: ManagerContext
    ) -> Answered[Recorded]:
        """Correct a registration that was rejected, as its manager; the operator looks at it again.

        What was submitted and refused before stays in the history.
        """
        card = await access.secrets.identity_cards.key(body.identity_card)
        organisation_id = context.principal.organisation_id
        command = CorrectRegistration(
            organisation_id=organisation_id,
            user_id=context.principal.subject,
            name=body.name,
            manager_name=body.manager_name,
            identity_card=body.identity_card,
            identity_card_mark=card.hex(),
            company_number=body.company_number,
            address=body.address,
            city=body.city,
            conditions_version=body.conditions_version,
            at=context.at,
        )
        safe = await access.without_secrets(context)
        return await safe.handle(ORGANISATION, organisation_id, command)

    @router.put("/registrations/{organisation_id}/confirmation")
    async def confirm_registration(
        organisation_id: Id, body: ConfirmationBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Let a partner in, who may use everything from now on; for the platform's operator.

        409 while another partner that was let in has the same identity card.
        """
        found = await to_decide(access, context, organisation_id)
        manager = found.submitted.user_id
        card = await access.secrets.identity_cards.key(found.submitted.identity_card)

        async def claim(connection: Connection) -> None:
            if not await access.secrets.identity_cards.prove(connection, card, manager):
                raise context.refuse(IdentityCardTaken())

        command = ConfirmRegistration(
            organisation_id=organisation_id,
            seen=body.seen.evidence(),
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(ORGANISATION, organisation_id, command, in_transaction=claim)

    @router.put("/registrations/{organisation_id}/rejection")
    async def reject_registration(
        organisation_id: Id, body: RejectionBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Do not let a partner in, for a reason that its manager is told; for the platform's
        operator."""
        await to_decide(access, context, organisation_id)
        command = RejectRegistration(
            organisation_id=organisation_id,
            seen=body.seen.evidence(),
            reason=body.reason,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(ORGANISATION, organisation_id, command)

    return router


# --- A phone ----------------------------------------------------------------


async def send_code(access: Access, context: PublicRequest, phone: str, key: bytes) -> None:
    """Tell the owner of a phone a code, or that it has an account already."""
    holder = await access.accounts.find(await access.secrets.phones.holder(key) or "")
    if holder is not None:
        await tell_owner(access, context, holder.person, phone)
        return
    codes = access.secrets.phone_codes
    name = f"{key.hex()}/{context.idempotency_key}"
    fresh = readable_ids.readable_id(readable_ids.USER, uuid5(REGISTRANTS, name))
    user_id = await codes.registrant(key) or fresh
    code = await codes.code(key, str(context.idempotency_key))
    expires_at = context.at + phone_codes.LIFETIME

    async def keep(connection: Connection) -> None:
        await codes.keep(connection, key, user_id, code, expires_at)

    command = RequestPhoneCode(
        user_id=user_id,
        organisation_id=organisation_of(user_id),
        phone=phone,
        code=code,
        language=context.language,
        expires_at=expires_at,
        at=context.at,
    )
    theirs = await as_registrant(access, context, user_id)
    await theirs.perform(USER, user_id, command, keep)


async def tell_owner(
    access: Access,
    context: PublicRequest,
    owner: Person,
    phone: str,
    in_transaction: InTransaction | None = None,
) -> None:
    """Tell the owner of a phone that somebody else wanted to sign in with it."""
    theirs = await access.as_user(context, owner)
    note = NotePhoneInUse(
        user_id=owner.user_id,
        organisation_id=owner.organisation_id,
        phone=phone,
        at=context.at,
    )
    await theirs.perform(USER, owner.user_id, note, in_transaction)


def organisation_of(user_id: str) -> str:
    """The id of the organisation that somebody registers: as hard to guess as theirs."""
    return readable_ids.ORGANISATION + user_id.removeprefix(readable_ids.USER)


async def as_registrant(access: Access, context: PublicRequest, user_id: str) -> RequestContext:
    """The request of somebody who is not a user yet."""
    principal = Principal(user_id, organisation_of(user_id), frozenset())
    known = replace(context.as_principal(principal), if_match=None)
    return await access.without_secrets(known)


# --- A registration ---------------------------------------------------------


async def registered(
    access: Access, context: PublicRequest, body: RegistrationBody, phone: str, right: Right
) -> RegisteredNow:
    """Record the registration, and make its manager a user. The secrets are kept with the first
    fact: a reaction makes the user as well, should this process not come to it."""
    password = body.password.get_secret_value()
    await refuse_weak(context, password, body.name, body.manager_name, phone)
    user_id, organisation_id = right.user_id, organisation_of(right.user_id)
    hashed = await access.secrets.passwords.hash(password)
    key = await access.secrets.phones.key(phone)
    theirs = await as_registrant(access, context, user_id)

    async def keep(connection: Connection) -> None:
        request = theirs.command_context.command_id
        # Somebody else may have proved the phone since the code was sent.
        if not await phone_codes.spend(
            connection, key, right, request
        ) or not await access.secrets.phones.prove(connection, key, user_id):
            raise wrong("/code", "phone_code")
        await passwords.keep(connection, user_id, hashed)

    await access.administrators.add(organisation_id, user_id)
    card = await access.secrets.identity_cards.key(body.identity_card)
    command = submission(body, organisation_id, user_id, phone, card.hex(), context.at)
    done = await theirs.perform(ORGANISATION, organisation_id, command, keep)
    assert isinstance(done.state, Registered)
    assert not isinstance(done.state.admission, Founded | ByInvitation)
    admit = admitting(done.state.admission.submitted)
    next_step = replace(theirs, idempotency_key=f"{theirs.idempotency_key}/manager", fingerprint="")
    await next_step.perform(USER, user_id, admit)
    return RegisteredNow(organisation_id=organisation_id, user_id=user_id)


def submission(
    body: RegistrationBody, organisation_id: str, user_id: str, phone: str, mark: str, at: datetime
) -> SubmitRegistration:
    return SubmitRegistration(
        organisation_id=organisation_id,
        user_id=user_id,
        kind=OrganisationKind.DEPOT,
        profile=Profile(
            name=body.name, time_zone=CASABLANCA, currency=DIRHAM, country=MOROCCO, contacts=()
        ),
        manager_name=body.manager_name,
        phone=phone,
        identity_card=body.identity_card,
        identity_card_mark=mark,
        company_number=body.company_number,
        address=body.address,
        city=body.city,
        conditions_version=body.conditions_version,
        language=body.language,
        at=at,
    )


async def to_decide(
    access: Access, context: RequestContext, organisation_id: str
) -> Pending | Confirmed | Rejected:
    """The registration that a caller decides about. 404 for everybody but the platform's
    operator."""
    own = await access.organisation(context.principal.organisation_id)
    found = await access.organisation(organisation_id)
    if own is None or own.registration.kind is not OrganisationKind.MARKETPLACE_OPERATOR:
        raise context.refuse(NoSuchOrganisation())
    if found is None:
        raise context.refuse(NoSuchOrganisation())
    if isinstance(found.admission, Founded | ByInvitation):
        raise context.refuse(NotToBeAdmitted())
    return found.admission


def registration_shown(
    found: Registered, standing: Pending | Confirmed | Rejected
) -> RegistrationShown:
    seen = admission.evidence(found.profile, standing.submitted)
    status, decided_at, reason = RegistrationStatus.PENDING, None, None
    match standing:
        case Pending():
            pass
        case Confirmed(confirmed=confirmed):
            status, decided_at = RegistrationStatus.CONFIRMED, confirmed.confirmed_at
        case Rejected(rejected=rejected):
            status, decided_at = RegistrationStatus.REJECTED, rejected.rejected_at
            reason = rejected.reason
        case unhandled:
            assert_never(unhandled)
    return RegistrationShown(
        organisation_id=standing.submitted.organisation_id,
        status=status,
        name=seen.name,
        manager_name=seen.manager_name,
        phone=seen.phone,
        identity_card=seen.identity_card,
        company_number=seen.company_number,
        address=seen.address,
        city=seen.city,
        conditions_version=standing.submitted.conditions_version,
        submitted_at=standing.submitted.submitted_at,
        decided_at=decided_at,
        reason=reason,
    )
