"""The second factor: an authenticator app, and recovery codes for the day when it is lost."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.requests import Request

from infra.database import Connection
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.clients import client_of
from infra.http.models import Body, Id
from infra.http.request_context import RequestContext
from services.accounts.adapters.secrets import sessions, throttle, totp
from services.accounts.aggregates import USER
from services.accounts.http.access import (
    NO_STORE,
    Access,
    AdministrationContext,
    OwnContext,
    wrong,
)
from services.accounts.http.fields import Password
from services.accounts.http.problems import AlreadyEnrolled
from services.accounts.user import Person
from services.accounts.user.sign_in import EnrolTotp, MakeRecoveryCodes, RemoveTotp

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class CodeBody(Body):
    code: Code


class ProofBody(Body):
    """The caller's own password: who found a device that is signed in does not know it."""

    password: Password


class Enrolment(Answer):
    """The secret for an authenticator app, shown to its owner this once."""

    secret: str
    uri: Annotated[str, Field(examples=["otpauth://totp/Relais:ada%40example.org?secret=..."])]
    """The same for the app to read."""
    picture: str
    """The URI as a QR code: an SVG image in a `data:` URI."""


class Enrolled(Answer):
    second_factor: Literal["enrolled"] = "enrolled"
    recovery_codes: list[str]
    """Each stands in for the app once. They are shown this once."""


class RecoveryCodes(Answer):
    recovery_codes: list[str]


def routes(access: Access) -> Router:
    router = access.router("Second factor")

    @router.post("/me/second-factor", status_code=201)
    async def begin_enrolment(
        body: ProofBody, context: OwnContext, request: Request
    ) -> Answered[Enrolment]:
        """Get a secret for an authenticator app, also as a picture to scan; asks for one's
        password."""
        person = await access.caller(context)
        await access.prove_password(
            context, client_of(request.scope), person, body.password.get_secret_value(), "/password"
        )
        if person.credentials.enrolled:
            raise context.refuse(AlreadyEnrolled())
        attempt = str(context.command_context.command_id)
        secret = await access.secrets.second_factors.begin(person.user_id, attempt)
        return Answered(Enrolment.of(totp.enrolment(secret, person.login)), 201, NO_STORE)

    @router.post("/me/second-factor/confirmation")
    async def confirm_enrolment(
        body: CodeBody, context: OwnContext, request: Request
    ) -> Answered[Enrolled]:
        """Show a code of the new app. This session has every role from its next refresh on; from
        the next sign-in on a code is asked for.

        The answer has ten recovery codes, which are shown this once. The code is used up: who signs
        in again at once needs the next one.
        """
        person = await access.caller(context)
        command = EnrolTotp(
            user_id=person.user_id, organisation_id=person.organisation_id, at=context.at
        )
        codes = await with_codes(
            access, context, client_of(request.scope), person, body.code, command
        )
        return Answered(Enrolled(recovery_codes=codes), headers=NO_STORE)

    @router.post("/me/second-factor/recovery-codes", status_code=201)
    async def make_recovery_codes(
        body: CodeBody, context: OwnContext, request: Request
    ) -> Answered[RecoveryCodes]:
        """Get new codes for the day when the app is lost. Each works once; the former ones are
        void."""
        person = await access.caller(context)
        command = MakeRecoveryCodes(
            user_id=person.user_id, organisation_id=person.organisation_id, at=context.at
        )
        codes = await with_codes(
            access, context, client_of(request.scope), person, body.code, command
        )
        return Answered(RecoveryCodes(recovery_codes=codes), 201, NO_STORE)

    @router.post("/users/{user_id}/second-factor/removal")
    async def remove_second_factor(
        user_id: Id, body: ProofBody, context: AdministrationContext, request: Request
    ) -> Answered[Recorded]:
        """Remove the second factor of a user whose phone is lost; asks for one's own password.
        Their sessions end, and they may get another one."""
        caller = await access.caller(context)
        safe = await access.without_secrets(context)
        await access.prove_password(
            safe, client_of(request.scope), caller, body.password.get_secret_value(), "/password"
        )

        async def remove(connection: Connection) -> None:
            await totp.remove(connection, user_id)
            await sessions.end(connection, user_id, context.at)

        command = RemoveTotp(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            at=context.occurred_at,
        )
        return await safe.handle(USER, user_id, command, in_transaction=remove)

    return router


async def with_codes(
    access: Access,
    context: RequestContext,
    client: str,
    person: Person,
    code: str,
    command: EnrolTotp | MakeRecoveryCodes,
) -> list[str]:
    """The new recovery codes that come with a command, which a code of the app proves."""
    safe = await access.without_secrets(context)
    user_id, factors = person.user_id, access.secrets.second_factors
    codes = await factors.recovery_codes(user_id, str(safe.command_context.command_id))
    hashes = await factors.hashes(user_id, codes)
    if await factors.holds(user_id, hashes):
        # The very request came again: its answer may have been lost, and is given once more.
        return codes
    if person.credentials.enrolled and isinstance(command, EnrolTotp):
        raise context.refuse(AlreadyEnrolled())
    key = await access.secrets.addresses.key(person.login)
    counted = await access.attempt_sign_in(key, client, context.at)
    verdict = await factors.judge(user_id, code, context.at)
    if verdict is not totp.Verdict.RIGHT:
        raise wrong("/code", "code" if verdict is totp.Verdict.WRONG else "code_used")
    await throttle.succeed(access.pool, counted, context.at)

    async def keep(connection: Connection) -> None:
        await totp.confirm(connection, user_id)
        await totp.keep_recovery_codes(connection, user_id, hashes)
        if (session_id := context.principal.session_id) is not None:
            await sessions.strengthen(connection, user_id, session_id)

    await safe.perform(USER, user_id, command, keep)
    return codes
