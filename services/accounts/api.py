"""HTTP to commands: sign in and stay; one's own account; users and the organisation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from contracts.accounts.organisation_v1 import SupportAccessGranted
from contracts.accounts.user_v1 import (
    AgreementSigned,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    ProfileChanged,
    Role,
    SessionEnd,
    UserEvent,
    UserInvited,
)
from contracts.runtime import REDACTED
from infra import secrets
from infra.http.models import Id, plain, to_json
from infra.http.request_context import RequestContext, public, requires
from infra.secrets import sessions, totp
from infra.store.postgres import Connection
from services.accounts import bodies, organisation, signing, user
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.edge import tables
from services.accounts.edge.access import Access, Tokens
from services.accounts.problems import EmailTaken
from services.accounts.user import Account

Anybody = Annotated[RequestContext, public()]
Own = Annotated[
    RequestContext,
    requires(
        "driver", "logistics", "administration", "analyst", "operator", "billing", "enrolling"
    ),
]
Member = Annotated[
    RequestContext,
    requires("driver", "logistics", "administration", "analyst", "operator", "billing"),
]
Staff = Annotated[RequestContext, requires("logistics", "administration")]
Administration = Annotated[RequestContext, requires("administration")]

NO_STORE = {"Cache-Control": "no-store"}
PUBLISHED = {"Cache-Control": "public, max-age=60"}


def router(access: Access) -> APIRouter:
    """All routes of accounts."""
    made = APIRouter(dependencies=[Depends(access.refuse_deactivated)])
    sign_in_routes(made, access)
    own_routes(made, access)
    user_routes(made, access)
    user_session_routes(made, access)
    organisation_routes(made, access)
    return made


# --- Signing in -------------------------------------------------------------


def sign_in_routes(made: APIRouter, access: Access) -> None:
    """For people we do not know yet."""

    @made.get("/.well-known/jwks.json")
    async def published_keys(context: Anybody) -> Response:
        """The keys access tokens are signed with, as a JSON Web Key Set."""
        keys = [pair.published for pair in await access.keys.published(context.at)]
        return answer({"keys": keys}, PUBLISHED)

    @made.post("/sign-in")
    async def sign_in(body: bodies.SignInBody, context: Anybody, request: Request) -> Response:
        """Open a session: an access token of five minutes, and a refresh token (G-04)."""
        tokens = await access.sign_in(
            context,
            client_of(request),
            body.email,
            body.password.get_secret_value(),
            body.code,
            body.remember_me,
        )
        return answer(shown(tokens))

    @made.post("/refresh")
    async def refresh(body: bodies.RefreshBody, context: Anybody) -> Response:
        """Another pair of tokens. A refresh token works once; used twice, it ends the session."""
        return answer(shown(await access.refresh(context, body.refresh_token)))

    @made.post("/sign-out")
    async def sign_out(body: bodies.RefreshBody, context: Anybody) -> Response:
        """End the session of a refresh token."""
        await access.sign_out(context, body.refresh_token)
        return answer({"signed_in": False})

    @made.post("/password-resets", status_code=202)
    async def request_reset(
        body: bodies.ResetRequestBody, context: Anybody, request: Request
    ) -> Response:
        """Ask for a mail to set a password; answered alike for every address (HIF-04)."""
        await access.request_reset(context, client_of(request), body.email)
        return answer({"mail": "sent if the address has an active account"}, status=202)

    @made.put("/password")
    async def reset_password(body: bodies.ResetBody, context: Anybody) -> Response:
        """Set a password with the link of the mail; every session ends (HIF-04)."""
        await access.reset_password(context, body.token, body.password.get_secret_value())
        return answer({"password": "set"})

    @made.put("/email")
    async def change_email(body: bodies.LinkBody, context: Anybody) -> Response:
        """Confirm a new address with the link of the mail; it counts from now on (HIF-39)."""
        await access.change_email(context, body.token)
        return answer({"email": "changed"})


# --- One's own account ------------------------------------------------------


def own_routes(made: APIRouter, access: Access) -> None:
    """For everybody who signed in."""

    @made.get("/me")
    async def show_me(context: Own) -> Response:
        """One's own account (HIF-39, HIF-40)."""
        await own(access, context)
        found = await context.load(USER, context.principal.subject)
        return context.show(bodies.user_shown(found.state), found)

    @made.put("/me/profile")
    async def change_profile(body: bodies.ProfileBody, context: Member) -> Response:
        """Photo, address, phone number and language, as they are from now on (HIF-39)."""
        who = context.principal
        profile = ProfileChanged(
            user_id=who.subject,
            organisation_id=who.organisation_id,
            language=body.language,
            phone=body.phone,
            photo_file_id=body.photo_file_id,
            street=body.street,
            postal_code=body.postal_code,
            city=body.city,
            country=body.country,
            location=body.location.point() if body.location else None,
            changed_at=context.occurred_at,
        )
        return await context.handle(USER, who.subject, user.Tell(profile, context.today))

    @made.put("/me/licence")
    async def change_licence(body: bodies.LicenceBody, context: Member) -> Response:
        """The driving licence as it is from now on (HIF-40)."""
        who = context.principal
        licence = LicenceChanged(
            user_id=who.subject,
            organisation_id=who.organisation_id,
            number=body.number,
            country=body.country,
            categories=body.categories,
            issued_on=body.issued_on,
            expires_on=body.expires_on,
            changed_at=context.occurred_at,
        )
        return await context.handle(USER, who.subject, user.Tell(licence, context.today))

    @made.put("/me/password")
    async def change_password(
        body: bodies.PasswordBody, context: Own, request: Request
    ) -> Response:
        """Set another password; every session ends, this one too (HIF-39)."""
        account = await own(access, context)
        await access.change_password(
            await access.without_secrets(context),
            client_of(request),
            account,
            body.former.get_secret_value(),
            body.password.get_secret_value(),
        )
        return answer({"password": "set"})

    @made.post("/me/email", status_code=202)
    async def request_email_change(
        body: bodies.EmailBody, context: Own, request: Request
    ) -> Response:
        """Ask for a mail to another address; answered alike whether it is free or not (HIF-39)."""
        account = await own(access, context)
        password = body.password.get_secret_value()
        safe = await access.without_secrets(context)
        await access.request_email_change(safe, client_of(request), account, password, body.email)
        return answer({"mail": "sent to the new address"}, status=202)

    @made.post("/me/second-factor", status_code=201)
    async def begin_enrolment(context: Own) -> Response:
        """A secret for one's authenticator app, also as a picture to scan."""
        account = await own(access, context)
        return answer(await access.begin_enrolment(context, account), status=201)

    @made.post("/me/second-factor/confirmation")
    async def confirm_enrolment(body: bodies.CodeBody, context: Own, request: Request) -> Response:
        """Show a code of it; from the next sign-in on it is asked for, and opens every role.

        The answer has ten recovery codes, which are shown this once.
        """
        account = await own(access, context)
        safe = await access.without_secrets(context)
        codes = await access.confirm_enrolment(safe, client_of(request), account, body.code)
        return answer({"second_factor": "enrolled", "recovery_codes": codes})

    @made.post("/me/second-factor/recovery-codes", status_code=201)
    async def make_recovery_codes(
        body: bodies.CodeBody, context: Own, request: Request
    ) -> Response:
        """New codes for the day when the app is lost, each good once; the former ones are void."""
        account = await own(access, context)
        safe = await access.without_secrets(context)
        codes = await access.make_recovery_codes(safe, client_of(request), account, body.code)
        return answer({"recovery_codes": codes}, status=201)

    @made.delete("/me/sessions")
    async def end_own_sessions(context: Own) -> Response:
        """Sign out everywhere."""
        await access.end(context, await own(access, context), None, SessionEnd.SIGNED_OUT)
        return answer({"signed_in": False})

    @made.get("/me/history")
    async def own_history(context: Own) -> Response:
        """Every fact about one's account: who, what, when (G-05)."""
        await own(access, context)
        return await context.history(USER, context.principal.subject, without_link)

    @made.post("/support-sessions")
    async def enter_for_support(body: bodies.SupportSessionBody, context: Member) -> Response:
        """An access token for an organisation that let one in, for as long as it did."""
        return answer(shown(await access.enter_for_support(context, body.organisation_id)))


# --- Users ------------------------------------------------------------------


def user_routes(made: APIRouter, access: Access) -> None:
    """For those who keep the users of their organisation."""

    @made.post("/users", status_code=201)
    async def invite_user(body: bodies.UserBody, context: Administration) -> Response:
        """Make an account; it has no credentials before it is activated (HIF-02)."""
        user_id = body.user_id or f"U{context.command_context.command_id.hex}"
        organisation_id = context.principal.organisation_id
        if not await access.claim_address(body.email, user_id):
            raise context.refuse(EmailTaken())
        if Role.ADMINISTRATION in body.roles:
            await tables.may_administer(access.pool, organisation_id, user_id)
        invitation = UserInvited(
            user_id=user_id,
            organisation_id=organisation_id,
            email=body.email,
            name=body.name,
            language=body.language,
            roles=tuple(sorted(set(body.roles))),
            phone=body.phone,
            invited_by=context.principal.subject,
            invited_at=context.occurred_at,
        )
        created = f"/accounts/users/{user_id}"
        return await context.handle(USER, user_id, user.InviteUser(invitation), created=created)

    @made.get("/users/{user_id}")
    async def show_user(user_id: Id, context: Staff) -> Response:
        """A user of the organisation, never stale."""
        found = await context.load(USER, user_id)
        if (
            isinstance(found.state, user.Unknown)
            or found.state.organisation_id != context.principal.organisation_id
        ):
            raise context.refuse(user.NoSuchUser())
        return context.show(bodies.user_shown(found.state), found)

    @made.get("/users/{user_id}/history")
    async def user_history(user_id: Id, context: Administration) -> Response:
        """Every fact about the user: who, what, when (G-05)."""
        await show_user(user_id, context)
        return await context.history(USER, user_id, without_link)

    @made.put("/users/{user_id}/agreement")
    async def record_agreement(
        user_id: Id, body: bodies.AgreementBody, context: Administration
    ) -> Response:
        """The signed service agreement was received (HIF-02)."""
        organisation_id = context.principal.organisation_id
        agreement = AgreementSigned(
            user_id=user_id,
            organisation_id=organisation_id,
            file_id=body.file_id,
            signed_on=body.signed_on,
            recorded_at=context.occurred_at,
        )
        return await context.handle(USER, user_id, user.Tell(agreement, context.today))

    @made.put("/users/{user_id}/activation")
    async def activate_user(user_id: Id, context: Administration) -> Response:
        """Open the account; its owner is told by mail at once (HIF-03)."""
        organisation_id = context.principal.organisation_id
        command = user.ActivateUser(user_id, organisation_id, context.occurred_at)
        return await context.handle(USER, user_id, command)

    @made.delete("/users/{user_id}/activation")
    async def deactivate_user(user_id: Id, context: Administration) -> Response:
        """Close the account; all its sessions end with it."""
        organisation_id = context.principal.organisation_id

        async def end(connection: Connection) -> None:
            await secrets.end_all(connection, user_id, context.at)

        async with access.turns(organisation_id):
            command = user.DeactivateUser(
                user_id=user_id,
                organisation_id=organisation_id,
                by=context.principal.subject,
                other_administrators=await access.other_administrators(organisation_id, user_id),
                at=context.occurred_at,
            )
            return await context.handle(USER, user_id, command, in_transaction=end)

    @made.put("/users/{user_id}/roles")
    async def change_roles(
        user_id: Id, body: bodies.RolesBody, context: Administration
    ) -> Response:
        """What the user may do from now on; effective with their next access token."""
        organisation_id = context.principal.organisation_id
        async with access.turns(organisation_id):
            if Role.ADMINISTRATION in body.roles:
                await tables.may_administer(access.pool, organisation_id, user_id)
            command = user.ChangeRoles(
                user_id=user_id,
                organisation_id=organisation_id,
                roles=body.roles,
                by=context.principal.subject,
                other_administrators=await access.other_administrators(organisation_id, user_id),
                at=context.occurred_at,
            )
            return await context.handle(USER, user_id, command)


def user_session_routes(made: APIRouter, access: Access) -> None:
    """For administrators whose users lost a phone, or more."""

    @made.delete("/users/{user_id}/second-factor")
    async def remove_second_factor(user_id: Id, context: Administration) -> Response:
        """The phone is lost: the user's sessions end, and they may get another one."""

        async def remove(connection: Connection) -> None:
            await totp.remove(connection, user_id)
            await sessions.end(connection, user_id, context.at)

        who = context.principal
        command = signing.RemoveTotp(user_id, who.organisation_id, who.subject, context.occurred_at)
        return await context.handle(USER, user_id, command, in_transaction=remove)

    @made.delete("/users/{user_id}/sessions")
    async def end_sessions(user_id: Id, context: Administration) -> Response:
        """Sign the user out everywhere."""
        account = await member(access, context, user_id)
        await access.end(context, account, None, SessionEnd.BY_STAFF)
        return answer({"signed_in": False})


# --- The organisation -------------------------------------------------------


def organisation_routes(made: APIRouter, access: Access) -> None:
    """One's own organisation, and whom of the support it lets in."""

    @made.get("/organisation")
    async def show_organisation(context: Member) -> Response:
        """One's own organisation, and how it is reached (G-01, HIF-38)."""
        found = await context.load(ORGANISATION, context.principal.organisation_id)
        if isinstance(found.state, organisation.Unregistered):
            raise context.refuse(organisation.NoSuchOrganisation())
        return context.show(bodies.organisation_shown(found.state), found)

    @made.get("/organisation/history")
    async def organisation_history(context: Administration) -> Response:
        """Every fact about one's own organisation (G-05)."""
        await show_organisation(context)
        return await context.history(ORGANISATION, context.principal.organisation_id)

    @made.put("/organisation/profile")
    async def change_organisation(
        body: bodies.OrganisationBody, context: Administration
    ) -> Response:
        """What it is called, where it works and how it is reached (G-02, G-03, HIF-38)."""
        id = context.principal.organisation_id
        command = organisation.ChangeProfile(id, body.profile(), context.occurred_at)
        return await context.handle(ORGANISATION, id, command)

    @made.post("/organisation/support-access", status_code=201)
    async def grant_support_access(body: bodies.SupportBody, context: Administration) -> Response:
        """Let somebody of the support in, for three days at most."""
        id = context.principal.organisation_id
        grant_id = f"G{context.command_context.command_id.hex}"
        grant = SupportAccessGranted(
            organisation_id=id,
            grant_id=grant_id,
            supporter_id=body.supporter_id,
            roles=tuple(sorted(set(body.roles))),
            reason=body.reason,
            granted_by=context.principal.subject,
            until=body.until,
            granted_at=context.at,
        )
        command = organisation.GrantSupportAccess(grant)
        created = f"/accounts/organisation/support-access/{grant_id}"
        return await context.handle(ORGANISATION, id, command, created=created)

    @made.delete("/organisation/support-access/{grant_id}")
    async def revoke_support_access(grant_id: Id, context: Administration) -> Response:
        """End a support access before its time."""
        who = context.principal
        command = organisation.RevokeSupportAccess(
            who.organisation_id, grant_id, who.subject, context.at
        )
        return await context.handle(ORGANISATION, who.organisation_id, command)


# --- Who, and how it is said ------------------------------------------------


async def own(access: Access, context: RequestContext) -> Account:
    """The caller's own account. Raises 404 for who has none, e.g. with a development token."""
    return await member(access, context, context.principal.subject)


async def member(access: Access, context: RequestContext, user_id: str) -> Account:
    """A user of the caller's organisation. Raises 404 for anybody else."""
    found = await access.account(user_id)
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise context.refuse(user.NoSuchUser())
    return found


def without_link(event: UserEvent) -> Any:
    """An event without the link that would let its reader in as somebody else."""
    if isinstance(event, PasswordResetRequested):
        return plain(replace(event, reset_link=REDACTED))
    if isinstance(event, EmailChangeRequested):
        return plain(replace(event, confirmation_link=REDACTED))
    return plain(event)


def client_of(request: Request) -> str:
    """Where a request comes from, as far as the server that took it can tell."""
    return request.client.host if request.client else ""


def shown(tokens: Tokens) -> Mapping[str, Any]:
    return {"token_type": "Bearer", **plain(tokens)}


def answer(body: object, headers: Mapping[str, str] = NO_STORE, status: int = 200) -> Response:
    """What is not about a stream's version; nobody on the way keeps it."""
    return Response(to_json(body), status, headers, media_type="application/json")
