"""The context that a route receives: who asks, when, and a way to carry out one command.

A route names whom it admits by the type of its parameter:

    DriverContext = Annotated[RequestContext, requires("driver")]

    @router.post("/trips/{trip_id}/quotes")
    async def submit_quote(
        trip_id: Id, body: QuoteBody, context: DriverContext
    ) -> Answered[Recorded]:
        return await context.handle(TRIP, trip_id, SubmitQuote(..., at=context.at))
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from os import urandom
from typing import Annotated, Any, Protocol, TypeVar, overload
from urllib.parse import parse_qsl
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra import telemetry
from infra.batching import Full
from infra.catalogues import ENGLISH
from infra.commands import (
    FINGERPRINT_DIGITS,
    Aggregate,
    CommandContext,
    CommandFactory,
    Done,
    HistoryEntry,
    IdempotencyKeyReused,
    Loaded,
    Refused,
    TooMuchContention,
    VersionMismatch,
)
from infra.consumers.views import View
from infra.database import Pool
from infra.http.answers import Answered, Recorded
from infra.http.auth import KeyNotKnown, Principal, Verifier
from infra.http.browsers import SAFE_METHODS, authorization
from infra.http.clients import PRINCIPAL
from infra.http.health import Check
from infra.http.history import ORDER, History, Part
from infra.http.languages import asked_for
from infra.http.middleware import LOOK
from infra.http.models import instant, phone_number
from infra.http.positions import Positions, Tokens
from infra.http.problems import (
    MOST_ERRORS,
    FieldError,
    Problem,
    invalid,
    malformed,
    no_such_dealership,
    not_let_in,
    refused,
    try_again,
)
from infra.http.rates import Rates
from infra.http.readable_ids import readable_id, referenced_id
from infra.http.unchanged import NotModified, Place, Told, Unchanged, names
from infra.http.versions import OpaqueVersions
from infra.lookups import Lookups
from infra.reading import pack
from infra.store import InTransaction
from infra.tokens import Role
from infra.wording import ALL, Unfit, Wording

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")
A = TypeVar("A", bound=Response)
H = TypeVar("H", bound=History)
Row = TypeVar("Row")

COMMANDS = UUID("5d7bd4c4-5c0e-5a5e-9d2c-3f1f7c9a8a11")
"""Namespace of the ids of commands that come by HTTP."""
SKEW = timedelta(minutes=5)
"""How far a phone's clock may be ahead of ours."""
COUNTS = frozenset(
    {
        "logistics",
        "administration",
        "analyst",
        "operator",
        "billing",
        "dealership_manager",
        "administrative_agent",
        "sales_representative",
        "audit_manager",
        "group_manager",
        "marketplace_manager",
    }
)
"""Callers with none of these roles see opaque versions."""
GROUP_MANAGER: Role = "group_manager"
MANAGES: frozenset[Role] = frozenset({"dealership_manager", GROUP_MANAGER})
NOT_LET_IN = frozenset({"pending", "rejected"})
"""The roles of callers whose organisation is not let in: they are told so."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
"""A page without a script sends this."""
ANY_FORM = f"{FORM}, multipart/form-data"
"""A mail program sends one of these when it unsubscribes somebody (RFC 8058)."""
MULTIPART = "multipart/form-data"
"""A page without a script sends files in this."""
NAMELESS = frozenset({FORM, ANY_FORM, MULTIPART})
"""Routes for these take no notice of a session."""
KEY_FIELD = "key"
"""The field of a form that is its Idempotency-Key."""
UNNAMED = b"unnamed"
MOST_FORM_FIELDS = 2_000
NO_VERSION = -1
"""No stream stands at it."""

_KEY = re.compile(r"[!-~]{1,255}")
_CORRELATION = re.compile(r"[!-~]{1,128}")
_ETAG = re.compile(r'"([1-9][0-9]{0,9}|[A-Za-z0-9_-]{27})"')
_VERSION = re.compile(r"[1-9][0-9]{0,9}")
_TRACEPARENT_LENGTH = 55
_ESCAPED_NUL = b"\\u0000"
_CHARSET = re.compile(rb'(?:^|;)\s*charset\*?\s*=\s*"?([^\s;"]*)', re.IGNORECASE)


class Handler(Protocol):
    """Carries out commands; `infra.commands.Commands` does."""

    async def handle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        context: CommandContext,
        expected_version: int | None = None,
        *,
        in_transaction: InTransaction | None = None,
        loaded: Loaded[S] | None = None,
    ) -> Done[S] | Refused[R]: ...

    async def load(
        self,
        aggregate: Aggregate[Any, S, E, Any],
        id: str,
        *,
        at_time: datetime | None = None,
        at_version: int | None = None,
    ) -> Loaded[S]: ...

    async def history(
        self,
        aggregate: Aggregate[Any, Any, E, Any],
        id: str,
        *,
        after: int = 0,
        most: int | None = None,
    ) -> list[HistoryEntry[E]]: ...

    async def stands(self, name: str, version: int, subjects: frozenset[str]) -> bool: ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AppState:
    """The parts that all requests to one API share."""

    verifier: Verifier
    wording: Wording = ALL
    commands: Handler | None = None
    positions: Positions | None = None
    tokens: Tokens = field(default_factory=Tokens)
    """How callers are told of positions, and which of theirs are taken."""
    lookups: Lookups | None = None
    guard: "Guard | None" = None
    """Asked whether somebody is let in who has a good access token; None asks nobody."""
    versions: OpaqueVersions | None = None
    """How drivers are told of versions; without it they see them as staff do."""
    rates: Rates | None = None
    """The limits on how often people and organisations ask; without it there are none."""
    now: Callable[[], datetime] = _now
    pool: Pool | None = None
    """The database with the tables that queries read."""
    unfilled: Check | None = None
    """Why those tables are not there yet."""
    unchanged: Unchanged = field(default_factory=Unchanged)
    """The answers that were given lately."""

    @property
    def tables(self) -> Pool:
        """The database of the service. Raises RuntimeError when the API was made without one."""
        if self.pool is None:
            raise RuntimeError("this API was made without a database")
        return self.pool


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """One request to a route that lets everybody in: nobody is known to have sent it.

    It carries out no command. A route that learns from a secret who asks goes on `as_principal`.
    """

    app_state: AppState
    at: datetime
    occurred_at: datetime
    correlation_id: str
    traceparent: str | None
    idempotency_key: str | None = None
    if_match: str | None = None
    fingerprint: str = ""
    if_none_match: str | None = None
    asked: str = ""
    """What a query asks for: its path and its parameters."""
    language: str = ENGLISH
    """The language of the product that the caller reads best."""
    loaded: dict[str, Loaded[Any]] = field(default_factory=dict, compare=False, repr=False)
    """The entities that the request has asked for, by their streams."""

    @property
    def pool(self) -> Pool:
        """The database with the service's tables."""
        return self.app_state.tables

    def as_principal(self, principal: Principal) -> "RequestContext":
        """The request as that of somebody who proved who they are."""
        return RequestContext(
            self.app_state,
            self.at,
            self.occurred_at,
            self.correlation_id,
            self.traceparent,
            self.idempotency_key,
            self.if_match,
            self.fingerprint,
            self.if_none_match,
            self.asked,
            self.language,
            self.loaded,
            principal=principal,
        )

    def refuse(self, rejection: object) -> Problem:
        """The problem a rejection is, to be raised."""
        return refused(rejection, self.app_state.wording)

    def says(self, kind: str, name: str) -> str:
        """A word that the API has, in the caller's language. KeyError where there is none."""
        return self.app_state.wording.label(self.language, kind, name)

    def in_language(self, answer: A) -> A:
        """The answer, which says that it is in the caller's language."""
        answer.headers["Content-Language"] = self.language
        answer.headers.add_vary_header("Accept-Language")
        return answer

    async def load(
        self,
        aggregate: Aggregate[Any, S, Any, Any],
        id: str,
        as_of: datetime | None = None,
        *,
        at_version: int | None = None,
    ) -> Loaded[S]:
        """The entity now, as it was known at a time or at a version; version 0 without one."""
        found = await self._commands().load(aggregate, id, at_time=as_of, at_version=at_version)
        if as_of is None and at_version is None:
            self.loaded[aggregate.stream(id)] = found
        return found

    async def lookup(self, lookup: View[Row, Any], *key: object) -> Row | None:
        """The row that a lookup of this service has under a key; None where there is none."""
        return await self.lookups.find(lookup, *key)

    @property
    def lookups(self) -> Lookups:
        """The lookups of this service. Raises RuntimeError when the API was made without any."""
        if self.app_state.lookups is None:
            raise RuntimeError("this API was made without lookups")
        return self.app_state.lookups

    def _commands(self) -> Handler:
        if self.app_state.commands is None:
            raise RuntimeError("this API was made without commands")
        return self.app_state.commands


@dataclass(frozen=True, slots=True)
class Dealerships:
    """The dealerships of the caller's organisation at which one of some roles holds."""

    ids: frozenset[str]
    everywhere: bool = False
    """At each of the organisation, whatever `ids` are."""

    def __contains__(self, dealership_id: str) -> bool:
        return self.everywhere or dealership_id in self.ids


@dataclass(frozen=True, slots=True)
class RequestContext(PublicRequest):
    """One request of somebody who was let in.

    `at` is now; `occurred_at` is earlier when a phone reports late. A request carries out at most
    one command: its Idempotency-Key names that one.
    """

    principal: Principal = field(kw_only=True)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the caller's organisation."""
        return self.principal.zone

    @property
    def today(self) -> date:
        """The day it is where the caller's organisation is."""
        return self.at.astimezone(self.zone).date()

    @property
    def command_context(self) -> CommandContext:
        """The caller and the request, as they are recorded with every event."""
        who = self.principal
        name = f"{who.organisation_id}/{who.subject}/{self.idempotency_key}"
        command_id = uuid5(COMMANDS, name)
        return CommandContext(
            command_id=command_id,
            correlation_id=self.correlation_id,
            causation_id=str(command_id),
            actor=who.subject,
            organisation_id=who.organisation_id,
            at=self.occurred_at,
            fingerprint=self.fingerprint,
            traceparent=self.traceparent,
        )

    def dealerships(self, *roles: Role) -> Dealerships:
        """Where the caller holds one of these roles (G-32).

        A group manager is a manager everywhere, so `dealership_manager` and `group_manager` hold at
        every dealership of theirs; the other roles where they were granted.
        """
        held = self.principal.dealerships
        return Dealerships(
            ids=frozenset(dealership_id for role, dealership_id in held if role in roles),
            everywhere=GROUP_MANAGER in self.principal.roles and not MANAGES.isdisjoint(roles),
        )

    def require_dealership(self, dealership_id: str, *roles: Role) -> None:
        """Refuse a caller who holds none of these roles at the dealership, in the words for one
        that does not exist. Raises a 404 `Problem`.

        A group manager passes with any id: the route still finds out whether the dealership, or the
        thing that is of it, is one of the caller's organisation.
        """
        if dealership_id not in self.dealerships(*roles):
            raise no_such_dealership()

    def phone(self, field: str, text: str, country: str | None = None) -> str:
        """A number in a field of the body, as E.164: without a country code it is of that country,
        by default of that of the caller's organisation. Raises the 422 `Problem` of the field."""
        try:
            return phone_number(text, country or self.principal.country)
        except Unfit as error:
            raise invalid(f"/{field}", "value_error", error.rule) from error

    def new_id(self, prefix: str, reference: str | None = None) -> str:
        """The id of a thing that this request makes; the same when it is repeated.

        With a reference also another request of the organisation with that reference means the
        same thing; no other organisation can come to that id.
        """
        if reference is None:
            return readable_id(prefix, self.command_context.command_id)
        return referenced_id(prefix, self.principal.organisation_id, reference)

    @overload
    async def handle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        present: None = None,
        *,
        created: str | None = None,
        in_transaction: InTransaction | None = None,
    ) -> Answered[Recorded]: ...

    @overload
    async def handle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        present: Callable[[S], T],
        *,
        created: str | None = None,
        in_transaction: InTransaction | None = None,
    ) -> Answered[T]: ...

    async def handle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        present: Callable[[S], object] | None = None,
        *,
        created: str | None = None,
        in_transaction: InTransaction | None = None,
    ) -> Answered[Any]:
        """Carry out a command and answer its outcome; a repeated one answers the same again.

        200, or 201 with `created` as its Location. The body is `present(state)`, else the id and
        the version. Raises what `perform` raises.
        """
        done = await self.perform(aggregate, id, command, in_transaction)
        stream, _, _ = done.position.rpartition("@")
        shown = self._shown(stream, done.version)
        answer = present(done.state) if present else Recorded(id=id, version=shown)
        headers = {
            "ETag": f'"{shown}"',
            "Relais-Position": self.app_state.tokens.tell(
                self.principal.organisation_id, stream, done.version
            ),
            "Relais-Correlation-Id": self.correlation_id,
        }
        if created is not None:
            headers["Location"] = created
        return Answered(answer, 200 if created is None else 201, headers)

    async def perform(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        in_transaction: InTransaction | None = None,
    ) -> Done[S]:
        """Carry out a command. Raises the `Problem` of its refusal, or 409, 412, 422, 503.

        `in_transaction` as in `Commands.handle`.
        """
        commands = self._commands()
        expected = await self._expected_version(aggregate, id)
        try:
            result = await commands.handle(
                aggregate,
                id,
                command,
                self.command_context,
                expected,
                in_transaction=in_transaction,
                loaded=self.loaded.pop(aggregate.stream(id), None),
            )
        except VersionMismatch as error:
            raise self._stale(error) from error
        except IdempotencyKeyReused as error:
            raise _reused() from error
        except TooMuchContention as error:
            raise try_again(409, "conflict") from error
        except Full as error:
            raise try_again(503, "overloaded") from error
        if isinstance(result, Refused):
            raise self.refuse(result.rejection)
        return result

    def show(
        self, answer: T, found: Loaded[Any], *, past: bool = False, beside: bool = False
    ) -> Answered[T]:
        """200 with the version as `ETag`, which `If-Match` takes.

        `beside` is whether the answer also tells of something beside the entity, which changes
        without it. Any other answer raises `NotModified` for who has that version, unless
        somebody in it is forgotten, whom an earlier answer may still name.
        The past has none where versions are opaque: comparing them at many times would count.
        """
        if past and self._opaque is not None:
            return Answered(answer)
        etag = self._etag(found.stream, found.version)
        if self.asked and not beside and found.subjects is not None:
            told = Told(found.stream, found.version, found.subjects)
            self.app_state.unchanged.keep(self._place, told)
            if self.if_none_match is not None and names(self.if_none_match, etag):
                raise NotModified(etag)
        return Answered(answer, headers={"ETag": etag})

    async def spare_unchanged(self) -> None:
        """Raises `NotModified` for who asks with the ETag of an answer that stands, where this
        process remembers that it gave it to them: the stream is not read again."""
        if self.if_none_match is None:
            return
        if (told := self.app_state.unchanged.get(self._place)) is None:
            return
        etag = self._etag(told.stream, told.version)
        if names(self.if_none_match, etag) and await self._commands().stands(
            told.stream, told.version, told.subjects
        ):
            raise NotModified(etag)

    @property
    def _place(self) -> Place:
        who = self.principal
        return who.organisation_id, who.subject, *sorted(who.roles), self.asked

    def _etag(self, stream: str, version: int) -> str:
        return f'"{self._shown(stream, version)}"'

    async def history(
        self, aggregate: Aggregate[Any, Any, E, Any], id: str, history: type[H], part: Part
    ) -> Answered[H]:
        """A part of the facts about the entity, oldest first: who, what, when.

        The caller has made sure that the entity is one of the principal's organisation.
        """
        # One more than is told tells whether there is a next part.
        facts = await self._commands().history(aggregate, id, after=part.after, most=part.limit + 1)
        told = facts[: part.limit]
        following = pack(ORDER, (told[-1].version,)) if len(facts) > part.limit else None
        return Answered(history.telling(told, following), headers=part.link(following))

    @property
    def _opaque(self) -> OpaqueVersions | None:
        """How versions are told to this caller: every quote counts in a trip's (HIF-15)."""
        return self.app_state.versions if COUNTS.isdisjoint(self.principal.roles) else None

    def _shown_to_staff(self, version: int) -> int | None:
        return version if self._opaque is None else None

    def _shown(self, stream: str, version: int) -> int | str:
        return version if (opaque := self._opaque) is None else opaque.of(stream, version)

    async def _expected_version(
        self, aggregate: Aggregate[Any, Any, Any, Any], id: str
    ) -> int | None:
        if self.if_match is None:
            return None
        if self.if_match != "*":
            return self._meant(f"{aggregate.contract.service}.{aggregate.contract.name}/{id}")
        # Streams never go away, so what exists now also exists when the command is decided.
        return None if (await self._commands().load(aggregate, id)).version else NO_VERSION

    def _stale(self, mismatch: VersionMismatch) -> Problem:
        """412; but who must not know of the thing is told that there is none, as without If-Match:
        otherwise 412 and 404 would tell what another organisation has."""
        if mismatch.rejection is not None:
            problem = self.refuse(mismatch.rejection)
            if problem.status_code == 404:
                return problem
        if mismatch.actual == 0:
            return _stale("absent")
        return _stale("changed", self._shown_to_staff(mismatch.actual))

    def _meant(self, stream: str) -> int:
        assert self.if_match is not None
        opaque = self._opaque
        if opaque is None and _VERSION.fullmatch(self.if_match):
            return int(self.if_match)
        if opaque is not None and (version := opaque.read(stream, self.if_match)) is not None:
            return version
        raise _no_etag()


Guard = Callable[[RequestContext], Awaitable[None]]
"""Raises the `Problem` of somebody who is not let in."""


def _stale(rule: str, version: int | None = None) -> Problem:
    facts = {} if version is None else {"version": version}
    errors = [FieldError("header:If-Match", rule)]
    return Problem(412, "version-mismatch", facts=facts, errors=errors)


def _reused() -> Problem:
    field = FieldError("header:Idempotency-Key", "reused")
    return Problem(422, "idempotency-key-reused", errors=[field])


# --- Admission ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuthDependency:
    """Makes the `RequestContext` of a request that passed the `AuthMiddleware`.

    `roles` None lets anybody in. It reads the request directly: declared headers would be
    validated one by one, at several times the price.
    """

    roles: frozenset[str] | None
    media: str = JSON
    """The type of a command's body."""
    unnamed: bool = False
    """Commands come without an Idempotency-Key, and are recognised by what they say."""
    sent_bytes: int | None = None
    """The most bytes of a body that the route reads as it comes; None: it is read before."""

    async def __call__(self, request: Request) -> PublicRequest:
        scope = request.scope
        app_state: AppState = scope["app"].state.app_state
        principal: Principal | None = scope[PRINCIPAL]
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise malformed("path:", "nul")
        streamed = self.sent_bytes is not None
        body = b"" if scope["method"] in SAFE_METHODS or streamed else await request.body()
        if body or streamed:
            _refuse_unreadable(headers.get(b"content-type", b""), body, self.media)
        await _seen(app_state, principal, headers)
        if scope["method"] in SAFE_METHODS:
            asked = _query(app_state, headers, scope)
        else:
            key = headers.get(b"idempotency-key")
            if self.media == FORM:
                key = form_fields(body).get(KEY_FIELD, "").encode()
            if self.unnamed:
                key = UNNAMED
            asked = _command(app_state, headers, request, body, key)
        if principal is None:
            return asked
        context = asked.as_principal(principal)
        if app_state.guard is not None:
            await app_state.guard(context)
        await context.spare_unchanged()
        return context

    def principal(
        self, app_state: AppState, header: bytes | None, *, counted: bool = True
    ) -> Principal | None:
        """The caller who is let in, None where everybody is. Raises a `Problem` for anybody else:
        401, 403, or 429 who asks too often, if that is counted."""
        if self.roles is None:
            return None
        principal = app_state.verifier.principal(header)
        if app_state.rates is not None and counted:
            app_state.rates.count(principal)
        if self.roles.isdisjoint(principal.roles):
            if barred := principal.roles & NOT_LET_IN:
                raise not_let_in(min(barred))
            if "enrolling" in principal.roles:
                raise Problem(403, "no-second-factor")
            raise Problem(403, "not-admitted", facts={"roles": sorted(self.roles)})
        return principal


class AuthMiddleware:
    """Stands before a route, so that nobody's body is read before we know who it is."""

    def __init__(
        self, app: ASGIApp, admission: AuthDependency, parameters: Collection[str] = ()
    ) -> None:
        """`parameters` are those of the query that the route takes."""
        self._app = app
        self._admission = admission
        self._parameters = frozenset(parameters)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app_state: AppState = scope["app"].state.app_state
        header = None if self._admission.media in NAMELESS else authorization(scope)
        try:
            scope[PRINCIPAL] = self._principal(scope, header)
        except KeyNotKnown:
            await app_state.verifier.learn()
            scope[PRINCIPAL] = self._principal(scope, header)
        _refuse_changes(scope)
        if query := scope["query_string"]:
            self._refuse_unknown(query.decode("latin-1"))
        await self._app(scope, receive, send)

    def _principal(self, scope: Scope, header: bytes | None) -> Principal | None:
        app_state: AppState = scope["app"].state.app_state
        return self._admission.principal(app_state, header, counted=LOOK not in scope)

    def _refuse_unknown(self, query: str) -> None:
        """Raises a 422 `Problem` that names the parameters the route does not take."""
        given = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))
        if unknown := [name for name in given if name not in self._parameters][:MOST_ERRORS]:
            errors = [FieldError(f"query:{name[:100]}", "extra_forbidden") for name in unknown]
            raise Problem(422, "invalid-request", errors=errors)


def _refuse_changes(scope: Scope) -> None:
    """Raises a 403 `Problem` for a command of somebody who only looks."""
    principal: Principal | None = scope[PRINCIPAL]
    if principal is not None and principal.reads_only and scope["method"] not in SAFE_METHODS:
        raise Problem(403, "reads-only", facts={"roles": sorted(principal.roles)})


def requires(*roles: Role, media: str = JSON) -> Any:
    """Admits who has one of the roles; to annotate a route's `RequestContext` with.

    `media` is the type of a command's body where that is not JSON.
    """
    if not roles:
        raise ValueError("name the roles, or say public()")
    return Depends(AuthDependency(frozenset(roles), media))


MEMBERS: tuple[Role, ...] = (
    "driver",
    "logistics",
    "administration",
    "analyst",
    "operator",
    "billing",
    "courier",
    "depot_agent",
    "dealership_manager",
    "administrative_agent",
    "sales_representative",
    "audit_manager",
    "group_manager",
    "marketplace_manager",
    "provider_manager",
)
"""The roles of people who sign in with all that it takes, and whose organisation is let in."""
Everybody = Annotated[RequestContext, requires(*MEMBERS, "pending", "rejected")]
"""Admits whoever signed in with all that it takes, also who is not let in yet (G-20)."""


def public(media: str = JSON) -> Any:
    """Admits anybody, and says so; to annotate a route's `PublicRequest` with.

    A route for a `FORM` takes its Idempotency-Key from a field, and no notice of a session: the
    secret in its address says who sends it.
    """
    return Depends(AuthDependency(None, media))


def unnamed(media: str = JSON) -> Any:
    """Admits anybody, without an Idempotency-Key: who tells by rules of their own, and signs, or
    has a secret address."""
    return Depends(AuthDependency(None, media, unnamed=True))


def sending(most_bytes: int) -> Any:
    """Admits anybody to send a form with files, which the route reads as it comes.

    Without an Idempotency-Key, as `unnamed`. Of the process, only this route takes such a body.
    """
    return Depends(AuthDependency(None, MULTIPART, unnamed=True, sent_bytes=most_bytes))


def form_fields(body: bytes) -> Mapping[str, str]:
    """The fields of a form, of each the last. Raises a 400 `Problem` for what is no form."""
    try:
        text = body.decode("ascii")
        fields = parse_qsl(text, True, errors="strict", max_num_fields=MOST_FORM_FIELDS)
    except ValueError as error:
        raise malformed("/", "utf_8") from error
    found = dict(fields)
    if any("\0" in one for pair in found.items() for one in pair):
        raise invalid("/", "nul")
    return found


def _query(app_state: AppState, headers: dict[bytes, bytes], scope: Scope) -> PublicRequest:
    at = app_state.now()
    given = headers.get(b"if-none-match")
    return PublicRequest(
        app_state,
        at,
        at,
        _correlation_id(headers),
        _traceparent(headers),
        if_none_match=None if given is None else given.decode("latin-1"),
        asked=f"{scope['path']}?{scope['query_string'].decode('latin-1')}",
        language=asked_for(scope),
    )


async def _seen(
    app_state: AppState, principal: Principal | None, headers: dict[bytes, bytes]
) -> None:
    """Wait for the positions that the caller was told elsewhere, if it names any.

    Whoever is not known was told none.
    """
    wanted = headers.get(b"relais-min-position")
    if wanted is None or principal is None:
        return
    positions = app_state.tokens.read(principal.organisation_id, wanted.decode("latin-1"))
    if app_state.positions is not None:
        await app_state.positions.wait(positions)


def _command(
    app_state: AppState,
    headers: dict[bytes, bytes],
    request: Request,
    body: bytes,
    key: bytes | None,
) -> PublicRequest:
    at = app_state.now()
    return PublicRequest(
        app_state,
        at,
        _occurred_at(headers.get(b"relais-occurred-at"), at),
        _correlation_id(headers),
        _traceparent(headers),
        _idempotency_key(key),
        _if_match(headers.get(b"if-match")),
        _fingerprint(request, body),
        language=asked_for(request.scope),
    )


def _fingerprint(request: Request, body: bytes) -> str:
    scope = request.scope
    head = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return sha256(head.encode() + body).hexdigest()[:FINGERPRINT_DIGITS]


def _refuse_unreadable(content_type: bytes, body: bytes, media: str) -> None:
    kind, _, parameters = content_type.partition(b";")
    if kind.strip().lower().decode("latin-1") not in media.split(", "):
        facts, headers = {"media_type": media}, {"Accept": media}
        raise Problem(415, "unsupported-media-type", facts=facts, headers=headers)
    # The fields of a form that comes in parts would be read by whatever is named there.
    charsets = {one.lower() for one in _CHARSET.findall(parameters)}
    if media != FORM and charsets - {b"utf-8", b"utf8"}:
        raise malformed("header:Content-Type", "utf_8")
    if media != JSON:
        return
    if not _is_utf_8(body):
        raise malformed("/", "utf_8")
    # The escape may also be an escaped backslash and a word; then, and only then, look closely.
    if _ESCAPED_NUL in body and _has_nul(json.loads(body)):
        raise invalid("/", "nul")


def _is_utf_8(body: bytes) -> bool:
    """Whether a body that was read as JSON is in the one encoding JSON is sent in (RFC 8259).

    It begins with ASCII, so UTF-16 and UTF-32 show by a zero byte, or by their mark.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body and not body.startswith(BOM_UTF8)


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _idempotency_key(given: bytes | None) -> str:
    if given is None:
        raise malformed("header:Idempotency-Key", "missing", "no_idempotency_key")
    key = given.decode("latin-1")
    if not _KEY.fullmatch(key):
        raise malformed("header:Idempotency-Key", "visible_ascii", most=255)
    return key


def _if_match(given: bytes | None) -> str | None:
    """`*`, or the digits of a version."""
    if given is None or given == b"*":
        return None if given is None else "*"
    match = _ETAG.fullmatch(given.decode("latin-1"))
    if match is None:
        raise _no_etag()
    return match[1]


def _no_etag() -> Problem:
    return malformed("header:If-Match", "etag")


def _occurred_at(given: bytes | None, now: datetime) -> datetime:
    if given is None:
        return now
    try:
        at = instant(given.decode("latin-1"))
    except Unfit as error:
        raise malformed("header:Relais-Occurred-At", "rfc3339", error.rule) from error
    if at > now + SKEW:
        raise malformed("header:Relais-Occurred-At", "in_the_future")
    # A fast clock is no reason to record a fact before its time.
    return min(at, now)


def _correlation_id(headers: dict[bytes, bytes]) -> str:
    if (given := headers.get(b"relais-correlation-id")) is None:
        # As random as a uuid4, and a third of its price.
        return urandom(16).hex()
    found = given.decode("latin-1")
    if not _CORRELATION.fullmatch(found):
        raise malformed("header:Relais-Correlation-Id", "visible_ascii", most=128)
    return found


def _traceparent(headers: dict[bytes, bytes]) -> str | None:
    if current := telemetry.traceparent_of_current_span():
        return current
    given = headers.get(b"traceparent")
    if given is None:
        return None
    found = given.decode("latin-1")
    # What follows these parts in later versions is not ours to keep with every event.
    return found[:_TRACEPARENT_LENGTH] if telemetry.trace_id_of(found) else None
