"""Letting people in: what happens around the secrets when somebody signs in, stays and leaves."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import uuid5

from starlette.requests import Request

from contracts.accounts.user_v1 import PasswordMeans, SessionEnd
from infra import secrets
from infra.commands import InTransaction
from infra.host import Running
from infra.http.auth import Principal, issue
from infra.http.problems import FieldError, Problem
from infra.http.request_context import PRINCIPAL, RequestContext
from infra.secrets import links, passwords, sessions, throttle, totp
from infra.secrets.claims import Claims
from infra.secrets.keys import ACCESS, SigningKeys
from infra.secrets.links import Purpose
from infra.secrets.passwords import Passwords
from infra.secrets.sessions import Session, Sessions
from infra.secrets.totp import SecondFactors
from infra.secrets.vault import Vault
from infra.store.postgres import Connection
from services.accounts import organisation, signing
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.edge import tables
from services.accounts.password import weakness
from services.accounts.user import Account, Status

SHORT = timedelta(hours=12)
LONG = timedelta(days=60)
"""How long a session lasts, and one that is remembered (G-04)."""
LINK = timedelta(hours=1)
"""How long the link in a mail works."""
NOBODY = "nobody"
"""Stands for who has no account, so that asking about them costs the same."""


class Proof(Enum):
    """What somebody showed to sign in."""

    PASSWORD = 1
    SECOND_FACTOR = 2
    RECOVERY_CODE = 3


@dataclass(frozen=True, slots=True)
class Tokens:
    """What who is let in gets. `roles` are those of the access token."""

    user_id: str
    organisation_id: str
    roles: list[str]
    access_token: str
    expires_in: int
    refresh_token: str | None = None
    session_expires_at: datetime | None = None


class Access:
    """The edge of accounts: its secrets, and the commands that go with them."""

    def __init__(self, running: Running) -> None:
        self.pool = running.pool
        self._commands = running.commands
        self._settings = running.settings
        self.vault = Vault(running.pool, running.settings.masters)
        self.addresses = Claims(running.pool, self.vault)
        self.passwords = Passwords(running.pool)
        self.second_factors = SecondFactors(running.pool, self.vault)
        self.sessions = Sessions(running.pool, self.vault)
        self.keys = SigningKeys(running.pool, self.vault)
        self._turn = asyncio.Lock()

    # --- Sessions -----------------------------------------------------------

    async def sign_in(
        self,
        context: RequestContext,
        client: str,
        email: str,
        password: str,
        code: str | None,
        remember: bool,
    ) -> Tokens:
        """Open a session. The same problem, after the same work, for every wrong sign-in."""
        key = await self.addresses.key(email)
        counted = await self._attempt(throttle.SIGN_IN, key, client, context.at)
        user_id = await self.addresses.holder(key) or NOBODY
        right = await self.passwords.matches(user_id, password)
        account = await self.account(user_id)
        if not right or account is None or account.status is not Status.ACTIVE:
            raise _refused()
        proof = await self._second_factor(account, code, context.at)
        found = await self._open(context, account, proof, code, remember)
        await throttle.succeed(self.pool, counted)
        return found

    async def _second_factor(self, account: Account, code: str | None, at: datetime) -> Proof:
        if not account.access.enrolled:
            return Proof.PASSWORD
        if code is None:
            detail = "A code of the second factor is needed as well."
            raise Problem(401, "second-factor-needed", detail)
        if await self.second_factors.accepts(account.user_id, code, at):
            return Proof.SECOND_FACTOR
        hashes = await self.second_factors.hashes(account.user_id, [code])
        if await self.second_factors.holds(account.user_id, hashes):
            return Proof.RECOVERY_CODE
        raise _refused()

    async def _open(
        self,
        context: RequestContext,
        account: Account,
        proof: Proof,
        code: str | None,
        remember: bool,
    ) -> Tokens:
        who = await self.as_user(context, account)
        user_id, at = account.user_id, context.at
        proven, recovered = proof is not Proof.PASSWORD, proof is Proof.RECOVERY_CODE
        session_id = str(who.command_context.command_id)
        session = Session(session_id, user_id, proven, at, at + (LONG if remember else SHORT))
        token = await self.sessions.token(session_id)
        spent = await self.second_factors.hashes(user_id, [code] if recovered and code else [])

        async def keep(connection: Connection) -> None:
            if recovered and not await totp.spend(connection, user_id, spent):
                raise _refused()
            await sessions.begin(connection, session, token)

        command = signing.SignIn(
            user_id=user_id,
            organisation_id=account.organisation_id,
            session_id=session_id,
            remembered=remember,
            with_second_factor=proven,
            at=at,
            with_recovery_code=recovered,
        )
        await who.perform(USER, user_id, command, keep)
        return await self._tokens(account, session, token, at)

    async def refresh(self, context: RequestContext, token: str) -> Tokens:
        """A new pair for a refresh token, which works once.

        The same request gets the same answer again; another one with a used token ends the
        session, because one of the two who have it stole it.
        """
        session = await self.sessions.find(token)
        account = await self.account(session.user_id) if session else None
        if session is None or session.is_over(context.at):
            raise _session_over()
        if account is None or account.status is not Status.ACTIVE:
            raise _session_over()
        who = await self.as_user(context, account)
        successor = await self.sessions.succeed(session, token, who.command_context.command_id)
        if successor is None:
            await self.end(who, account, session.session_id, SessionEnd.TOKEN_REUSED)
            raise _session_over()
        return await self._tokens(account, session, successor, context.at)

    async def sign_out(self, context: RequestContext, token: str) -> None:
        """End the session of a refresh token; an unknown one has none."""
        session = await self.sessions.find(token)
        account = await self.account(session.user_id) if session else None
        if session is None or account is None or session.ended:
            return
        who = await self.as_user(context, account)
        await self.end(who, account, session.session_id, SessionEnd.SIGNED_OUT)

    async def end(
        self, context: RequestContext, account: Account, session_id: str | None, reason: SessionEnd
    ) -> None:
        """End one session of a user, or all."""
        user_id, organisation_id = account.user_id, account.organisation_id

        async def keep(connection: Connection) -> None:
            await sessions.end(connection, user_id, context.at, session_id)

        command = signing.EndSessions(user_id, organisation_id, session_id, reason, context.at)
        await context.perform(USER, user_id, command, keep)

    async def enter_for_support(self, context: RequestContext, organisation_id: str) -> Tokens:
        """An access token for an organisation that let the caller in; nothing refreshes it."""
        found = await context.load(ORGANISATION, organisation_id)
        subject = context.principal.subject
        grant = organisation.access(found.state, subject, context.at)
        if grant is None:
            raise context.refuse(organisation.NoSuchGrant())
        valid = min(ACCESS, grant.until - context.at)
        shown_at = context.principal.authenticated_at
        return await self._issued(
            subject, organisation_id, grant.roles, valid, context.at, shown_at
        )

    async def _tokens(
        self, account: Account, session: Session, refresh_token: str, at: datetime
    ) -> Tokens:
        roles = signing.granted(account.roles, with_second_factor=session.second_factor)
        shown_at = session.signed_in_at.timestamp()
        tokens = await self._issued(
            session.user_id, account.organisation_id, roles, ACCESS, at, shown_at
        )
        return replace(tokens, refresh_token=refresh_token, session_expires_at=session.expires_at)

    async def _issued(
        self,
        subject: str,
        organisation_id: str,
        roles: Iterable[str],
        valid: timedelta,
        at: datetime,
        shown_at: float | None,
    ) -> Tokens:
        token = issue(
            await self.keys.signing(at),
            subject,
            organisation_id,
            roles,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            lifetime=valid.total_seconds(),
            now=at.timestamp(),
            authenticated_at=shown_at,
            time_zone=await self._time_zone(organisation_id),
        )
        seconds = int(valid.total_seconds())
        return Tokens(subject, organisation_id, sorted(roles), token, seconds)

    async def _time_zone(self, organisation_id: str) -> str | None:
        found = (await self._commands.load(ORGANISATION, organisation_id)).state
        return found.profile.time_zone if isinstance(found, organisation.Registered) else None

    # --- Passwords ----------------------------------------------------------

    async def request_reset(self, context: RequestContext, client: str, email: str) -> None:
        """Note that somebody wants to set a password; whether anybody has the address is found
        out later, by the loop that makes the link."""
        key = await self.addresses.key(email)
        await self._attempt(throttle.RESET, key, client, context.at)
        # Nobody is known here, so two people may have chosen the same Idempotency-Key.
        request_id = uuid5(context.command_context.command_id, key.hex())
        async with self.pool.connection() as connection:
            await connection.execute(
                "insert into accounts.reset_request values (%s, %s, %s, %s) on conflict do nothing",
                (request_id, key, context.correlation_id, context.at),
            )

    async def reset_password(self, context: RequestContext, token: str, password: str) -> None:
        """Set a password with a link, which works once; every session ends."""
        account, who, spend = await self._by_link(context, Purpose.PASSWORD, token)
        await self.set_password(who, account, password, PasswordMeans.RESET, spend)

    async def _by_link(
        self, context: RequestContext, purpose: Purpose, token: str
    ) -> tuple[Account, RequestContext, InTransaction]:
        """Whose link it is, the call as theirs, and what uses the link up."""
        owner = await links.owner(self.pool, purpose, token, context.at)
        account = await self.account(owner) if owner else None
        if account is None or account.status is not Status.ACTIVE:
            raise _link_invalid()
        who = await self.as_user(context, account)

        async def spend(connection: Connection) -> None:
            if not await links.spend(connection, token, who.command_context.command_id):
                raise _link_invalid()

        return account, who, spend

    async def change_password(
        self, context: RequestContext, client: str, account: Account, former: str, password: str
    ) -> None:
        """Set a password with the former one; every session ends."""
        await self._prove(context, client, account, former, "/former")
        await self.set_password(context, account, password, PasswordMeans.CHANGE)

    async def _prove(
        self, context: RequestContext, client: str, account: Account, password: str, field: str
    ) -> None:
        """Refuse whoever does not know the password of the account."""
        key = await self.vault.hash("user", account.user_id)
        counted = await self._attempt(throttle.SIGN_IN, key, client, context.at)
        if not await self.passwords.matches(account.user_id, password):
            raise _wrong(field, "This is not your password.")
        await throttle.succeed(self.pool, counted)

    async def set_password(
        self,
        context: RequestContext,
        account: Account,
        password: str,
        means: PasswordMeans,
        proof: InTransaction | None = None,
    ) -> None:
        """Replace the password of a user whose right to do so is checked, or is by `proof`."""
        user_id, organisation_id = account.user_id, account.organisation_id
        if weak := weakness(password, account.email, account.invitation.name):
            raise context.refuse(weak)
        hashed = await self.passwords.hash(password)

        async def keep(connection: Connection) -> None:
            if proof is not None:
                await proof(connection)
            await secrets.end_all(connection, user_id, context.at)
            await passwords.keep(connection, user_id, hashed)

        command = signing.SetPassword(user_id, organisation_id, means, context.at)
        await context.perform(USER, user_id, command, keep)

    # --- The address --------------------------------------------------------

    async def request_email_change(
        self, context: RequestContext, client: str, account: Account, password: str, email: str
    ) -> None:
        """Send a link to the new address; nothing changes before it is opened."""
        await self._prove(context, client, account, password, "/password")
        await self._attempt(throttle.RESET, await self.addresses.key(email), client, context.at)
        user_id, expires_at = account.user_id, context.at + LINK
        token = await self.vault.token("email", str(context.command_context.command_id))
        link = f"{self._settings.portal.rstrip('/')}/confirm-address#token={token}"

        async def keep(connection: Connection) -> None:
            # One address can be confirmed: the one that was wanted last.
            await links.void(connection, user_id, Purpose.EMAIL)
            await links.make(connection, Purpose.EMAIL, token, user_id, expires_at)

        command = signing.RequestEmailChange(
            user_id, account.organisation_id, email, link, expires_at, context.at
        )
        await context.perform(USER, user_id, command, keep)

    async def change_email(self, context: RequestContext, token: str) -> None:
        """The address of the link counts from now on; every other link is void."""
        account, who, spend = await self._by_link(context, Purpose.EMAIL, token)
        wanted = account.access.wanted
        key = await self.addresses.key(wanted.new_email if wanted else account.email)

        async def keep(connection: Connection) -> None:
            await spend(connection)
            await links.void(connection, account.user_id)
            if not await self.addresses.move(connection, key, account.user_id):
                raise _taken()

        command = signing.ChangeEmail(account.user_id, account.organisation_id, context.at)
        await who.perform(USER, account.user_id, command, keep)

    # --- Second factor ------------------------------------------------------

    async def begin_enrolment(self, context: RequestContext, account: Account) -> totp.Enrolment:
        """A new second factor, which counts once `confirm_enrolment` was shown a code of it."""
        if account.access.enrolled:
            raise _enrolled()
        request = str(context.command_context.command_id)
        secret = await self.second_factors.begin(account.user_id, request)
        return totp.enrolment(secret, account.email)

    async def confirm_enrolment(
        self, context: RequestContext, client: str, account: Account, code: str
    ) -> list[str]:
        """The user has the second factor, which is asked for from the next sign-in on; answers
        their recovery codes."""
        command = signing.EnrolTotp(account.user_id, account.organisation_id, context.at)
        return await self._with_codes(context, client, account, code, command)

    async def make_recovery_codes(
        self, context: RequestContext, client: str, account: Account, code: str
    ) -> list[str]:
        """New recovery codes; the former ones are void."""
        command = signing.MakeRecoveryCodes(account.user_id, account.organisation_id, context.at)
        return await self._with_codes(context, client, account, code, command)

    async def _with_codes(
        self,
        context: RequestContext,
        client: str,
        account: Account,
        code: str,
        command: signing.FactorCommand,
    ) -> list[str]:
        user_id = account.user_id
        codes = await self.second_factors.recovery_codes(
            user_id, str(context.command_context.command_id)
        )
        hashes = await self.second_factors.hashes(user_id, codes)
        if await self.second_factors.holds(user_id, hashes):
            # The very request came again: its answer may have been lost, and is given once more.
            return codes
        if account.access.enrolled and isinstance(command, signing.EnrolTotp):
            raise _enrolled()
        key = await self.vault.hash("user", user_id)
        await self._attempt(throttle.SIGN_IN, key, client, context.at)
        if not await self.second_factors.accepts(user_id, code, context.at):
            raise _wrong("/code", "This is not the code of this moment.")

        async def keep(connection: Connection) -> None:
            await totp.confirm(connection, user_id)
            await totp.keep_recovery_codes(connection, user_id, hashes)

        await context.perform(USER, user_id, command, keep)
        return codes

    # --- Who ----------------------------------------------------------------

    async def refuse_deactivated(self, request: Request) -> None:
        """Here an access token ends with its account; elsewhere it may live a few minutes more."""
        account = await self.account(request.scope[PRINCIPAL].subject)
        if account is not None and account.status is not Status.ACTIVE:
            raise _session_over()

    async def account(self, user_id: str) -> Account | None:
        """The user as of now; None when there is none, or was."""
        found = await self._commands.load(USER, user_id)
        return found.state if isinstance(found.state, Account) else None

    async def as_user(self, context: RequestContext, account: Account) -> RequestContext:
        """The call of somebody who proved by a secret who they are."""
        who = Principal(account.user_id, account.organisation_id, frozenset())
        return replace(await self.without_secrets(context), principal=who, if_match=None)

    async def without_secrets(self, context: RequestContext) -> RequestContext:
        """The call with a keyed fingerprint: what is recorded of a request must not help to guess
        the secret in its body, and a plain one is a fast hash of it."""
        keyed = await self.vault.token("fingerprint", context.fingerprint)
        return replace(context, fingerprint=keyed)

    async def claim_address(self, email: str, user_id: str) -> bool:
        """Give the user of a coming invitation their address; False when somebody has it.

        Who got an address, but was never invited, does not keep it.
        """
        key = await self.addresses.key(email)
        for _ in range(2):
            owner = await self.addresses.claim(key, user_id)
            if owner == user_id:
                return True
            holder = owner or user_id
            if (await self._commands.load(USER, holder)).version:
                # Of a user with another address the invitation itself is refused.
                return owner is None
            await self.addresses.release(holder)
        return False

    @asynccontextmanager
    async def turns(self, organisation_id: str) -> AsyncIterator[None]:
        """One at a time for each organisation: who remains an administrator is counted in here."""
        # The lock of this process keeps waiting requests from taking all its connections.
        async with self._turn, self.pool.connection() as connection, connection.transaction():
            await connection.execute(
                "select pg_advisory_xact_lock(72618, hashtext(%s))", (organisation_id,)
            )
            yield

    async def other_administrators(self, organisation_id: str, but: str) -> int:
        """How many others administer the organisation at present."""
        candidates = await tables.administrators(self.pool, organisation_id)
        accounts = await asyncio.gather(*(self.account(one) for one in candidates if one != but))
        return sum(account is not None and account.administers for account in accounts)

    async def _attempt(
        self, limits: tuple[throttle.Limit, ...], key: bytes, client: str, at: datetime
    ) -> list[throttle.Counted]:
        """Count an attempt on an address from a client. Raises a 429 `Problem`."""
        names = (f"{key.hex()}|{client}", key.hex(), client)
        counted = [
            (limit, await self.vault.hash(limit.name, name))
            for limit, name in zip(limits, names, strict=True)
        ]
        await throttle.admit(self.pool, counted, at)
        return counted


def _refused() -> Problem:
    detail = "The address, the password or the code is wrong, or the account is not active."
    return Problem(401, "sign-in-refused", detail)


def _session_over() -> Problem:
    return Problem(401, "session-over", "The session is over; sign in again.")


def _link_invalid() -> Problem:
    return Problem(409, "link-invalid", "The link is too old or was used; ask for another one.")


def _taken() -> Problem:
    return Problem(409, "address-taken", "Another account has this address meanwhile.")


def _enrolled() -> Problem:
    detail = "There is a second factor; an administrator may remove it."
    return Problem(409, "already-enrolled", detail)


def _wrong(field: str, detail: str) -> Problem:
    return Problem(422, "wrong-proof", detail, errors=[FieldError(field, "wrong", detail)])
