"""Common ground of the routes: the secrets, the accounts, and the proof of who asks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from infra.database import Connection
from infra.host import Running
from infra.http.answers import Router
from infra.http.auth import Principal
from infra.http.clients import PRINCIPAL
from infra.http.models import phone_number
from infra.http.problems import (
    FieldError,
    Problem,
    invalid,
    session_over,
    try_again,
)
from infra.http.request_context import (
    MEMBERS,
    PublicRequest,
    RequestContext,
    public,
    requires,
)
from infra.store import InTransaction
from infra.wording import Unfit
from services.accounts.adapters.access_tokens import AccessTokens
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.administrators import Administrators
from services.accounts.adapters.secrets import Secrets, links, throttle
from services.accounts.adapters.secrets.links import Purpose
from services.accounts.adapters.secrets.throttle import TooManyAttempts
from services.accounts.aggregates import ORGANISATION
from services.accounts.http.fields import MOROCCO, LoginBody
from services.accounts.http.problems import (
    LinkInvalid,
    RolesNotOfDepots,
    RolesOfDealers,
    RolesOfOthers,
)
from services.accounts.organisation import Registered
from services.accounts.user import (
    Account,
    Active,
    Forgotten,
    NoSuchUser,
    Person,
    organisation_of,
)
from services.accounts.user.dealerships import OF_DEALERS
from services.accounts.user.registration import OF_DEPOTS, OF_MARKETPLACES, OF_PROVIDERS

PublicContext = Annotated[PublicRequest, public()]
OwnContext = Annotated[RequestContext, requires(*MEMBERS, "enrolling", "pending", "rejected")]
MemberContext = Annotated[RequestContext, requires(*MEMBERS)]
StaffContext = Annotated[
    RequestContext, requires("logistics", "administration", "dealership_manager", "group_manager")
]
AdministrationContext = Annotated[RequestContext, requires("administration")]
DealershipManagerContext = Annotated[
    RequestContext, requires("dealership_manager", "group_manager")
]
KeeperContext = Annotated[
    RequestContext, requires("administration", "dealership_manager", "group_manager")
]
"""Who keeps users: `managing` says which."""
ManagerContext = Annotated[
    RequestContext, requires("administration", "enrolling", "pending", "rejected")
]
"""Whoever registered an organisation, from the first sign-in on."""

NO_STORE = {"Cache-Control": "no-store"}
"""For answers with secrets: nobody on the way keeps them."""


@dataclass(frozen=True, slots=True)
class ByLink:
    """Somebody who opened a link: the request as theirs, what uses the link up, and its purpose."""

    person: Person
    context: RequestContext
    spend: InTransaction
    purpose: Purpose


class Access:
    """The secrets and accounts of the service, and the checks that its routes share."""

    def __init__(self, running: Running) -> None:
        self._commands = running.commands
        self.pool = running.pool
        self.portal = running.settings.portal
        self.issuer = running.settings.issuer
        self.refresh_leeway = timedelta(seconds=running.settings.refresh_leeway)
        self.secrets = Secrets(running.pool, running.settings.masters)
        self.accounts = Accounts(running.commands, self.secrets)
        self.administrators = Administrators(running.pool, self.accounts)
        self.tokens = AccessTokens(running.commands, self.secrets.keys, running.settings)

    def router(self, heading: str) -> Router:
        """A router whose routes refuse users whose account or session has ended."""
        return Router(heading, [Depends(self.refuse_ended)])

    async def refuse_ended(self, request: Request) -> None:
        """Here an access token ends with its account and its session; elsewhere it may live a few
        minutes more."""
        principal: Principal | None = request.scope[PRINCIPAL]
        if principal is None:
            return
        account = await self.accounts.find(principal.subject)
        closed = account is not None and not isinstance(account, Active)
        session_id = principal.session_id
        if closed or (session_id and not await self.secrets.sessions.is_open(session_id)):
            raise session_over()

    async def organisation(self, organisation_id: str) -> Registered | None:
        """An organisation as of now."""
        state = (await self._commands.load(ORGANISATION, organisation_id)).state
        return state if isinstance(state, Registered) else None

    async def refuse_roles(self, context: RequestContext, roles: Collection[Role]) -> None:
        """Refuse roles that nobody has in an organisation of the caller's kind, and those of
        dealers, which are granted where they hold."""
        if granted := OF_DEALERS.intersection(roles):
            names = tuple(sorted(role.name.lower() for role in granted))
            raise context.refuse(RolesOfDealers(names))
        own = await self.organisation(context.principal.organisation_id)
        if own is not None and own.registration.kind is OrganisationKind.DEPOT:
            others = sorted({role.name.lower() for role in set(roles) - OF_DEPOTS})
            if others:
                raise context.refuse(RolesNotOfDepots(tuple(others)))
        if own is not None and (elsewhere := held_elsewhere(own.registration.kind, roles)):
            raise context.refuse(RolesOfOthers(elsewhere))

    async def caller(self, context: RequestContext) -> Person:
        """The caller. Raises 404 for a caller without an account, e.g. with a token of tests."""
        return await self.member(context, context.principal.subject)

    async def member(self, context: RequestContext, user_id: str) -> Person:
        """A user of the caller's organisation. Raises 404 for anybody else."""
        account = await self.accounts.find(user_id)
        if account is None:
            raise context.refuse(NoSuchUser())
        refuse_stranger(context, account)
        return account.person

    # --- Proof --------------------------------------------------------------

    async def login_key(self, login: LoginBody) -> bytes:
        """The key of what somebody signs in with. Raises the 422 `Problem` of a bad number."""
        if login.phone is None:
            return await self.secrets.addresses.key(login.email or "")
        return await self.secrets.phones.key(phone_of(login.phone))

    async def attempt(
        self, limits: tuple[throttle.Limit, ...], key: bytes, client: str, at: datetime
    ) -> list[throttle.Counted]:
        """Count an attempt on an address from a client. Raises a 429 `Problem`."""
        names = (f"{key.hex()}|{client}", key.hex(), client)
        counted = [
            (limit, await self.secrets.vault.hash(limit.name, name))
            for limit, name in zip(limits, names, strict=True)
        ]
        try:
            await throttle.admit(self.pool, counted, at)
        except TooManyAttempts as error:
            raise try_again(429, "too-many-attempts", seconds=error.seconds) from error
        return counted

    async def attempt_sign_in(
        self, key: bytes, client: str, at: datetime
    ) -> list[throttle.Counted]:
        """Count an attempt to prove who one is, by password or code. Raises a 429 `Problem`."""
        pair = await self.secrets.vault.hash(throttle.SIGN_IN[0].name, f"{key.hex()}|{client}")
        is_known = await throttle.is_known(self.pool, pair, at)
        limits = throttle.KNOWN_CLIENT if is_known else throttle.SIGN_IN
        return await self.attempt(limits, key, client, at)

    async def prove_password(
        self, context: RequestContext, client: str, person: Person, password: str, field: str
    ) -> None:
        """Refuse a caller who does not know the password of the account."""
        key = await self.secrets.addresses.key(person.login)
        counted = await self.attempt_sign_in(key, client, context.at)
        if not await self.secrets.passwords.matches(person.user_id, password):
            raise wrong(field, "password")
        await throttle.succeed(self.pool, counted, context.at)

    async def by_link(self, context: PublicRequest, token: str, *purposes: Purpose) -> "ByLink":
        """The user a link for one of these purposes is for. Raises 409 for any other link."""
        found = await links.find(self.pool, purposes, token, context.at)
        person = await self.accounts.active(found[0]) if found else None
        if found is None or person is None:
            raise context.refuse(LinkInvalid())
        proven = await self.as_user(context, person)

        async def spend(connection: Connection) -> None:
            if not await links.spend(connection, token, proven.command_context.command_id):
                raise context.refuse(LinkInvalid())

        return ByLink(person, proven, spend, found[1])

    async def as_user(self, context: PublicRequest, person: Person) -> RequestContext:
        """The request of somebody who proved by a secret who they are."""
        principal = Principal(person.user_id, person.organisation_id, frozenset())
        known = replace(context.as_principal(principal), if_match=None)
        return await self.without_secrets(known)

    async def without_secrets(self, context: RequestContext) -> RequestContext:
        """The request with a keyed fingerprint: what is recorded of it must not help to guess the
        secret in its body, and a plain fingerprint is a fast hash of it."""
        keyed = await self.secrets.vault.token("fingerprint", context.fingerprint)
        return replace(context, fingerprint=keyed)


def held_elsewhere(kind: OrganisationKind, roles: Collection[Role]) -> tuple[str, ...]:
    """The roles of marketplaces, or of their providers, that an organisation of another kind has
    nobody for; in order."""
    keeps = kind in {OrganisationKind.MARKETPLACE, OrganisationKind.MARKETPLACE_OPERATOR}
    wrong = frozenset() if keeps else OF_MARKETPLACES
    wrong |= frozenset() if kind is OrganisationKind.PROVIDER else OF_PROVIDERS
    return tuple(sorted(role.name.lower() for role in wrong.intersection(roles)))


def refuse_stranger(context: RequestContext, user: Account | Forgotten) -> None:
    """Answer a caller of another organisation that there is no such user."""
    if organisation_of(user) != context.principal.organisation_id:
        raise context.refuse(NoSuchUser())


def phone_of(number: str) -> str:
    """The number of a public request as E.164. Raises the 422 `Problem` of the field."""
    try:
        return phone_number(number, MOROCCO)
    except Unfit as error:
        raise invalid("/phone", "value_error", error.rule) from error


def wrong(field: str, says: str) -> Problem:
    """422: a proof in that field of the body that is not right; `says` names the sentence."""
    return Problem(422, "wrong-proof", errors=[FieldError(field, "wrong", says=says)])
