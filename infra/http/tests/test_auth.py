"""Requests with a valid token are let in, and no others."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jwt
import pytest
from fastapi import APIRouter
from starlette.responses import Response
from starlette.routing import Route

from infra.http.answers import Answered, Router, UntypedAnswer
from infra.http.app import NobodyIsKnown, RouteNamesNoRoles, create_app
from infra.http.auth import (
    FAILED_SECONDS,
    MAX_TOKEN_BYTES,
    REFRESH_SECONDS,
    PublishedKeys,
    Unreadable,
    Verifier,
)
from infra.http.problems import Problem
from infra.http.request_context import AppState, PublicRequest, RequestContext, public, requires
from infra.http.tests.stage import KEY, api, client, signed, token
from infra.tokens import SigningKey, issue, jwks

OTHER = SigningKey.generate()
PRIVATE = json.dumps({"keys": [{**OTHER.published, "d": OTHER.published["x"]}]})
"""A key set that tells a secret."""

ENDLESS = 4_102_444_800
"""The first second of 2100: what is wrong with a token is never that the test came late."""


def claims(**changed: Any) -> dict[str, Any]:
    """Valid claims, changed; None leaves one out."""
    usual = {
        "sub": "d1",
        "org": "o1",
        "roles": ["driver"],
        "iss": "relais-accounts",
        "aud": "relais",
        "exp": ENDLESS,
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def sign(kid: str | None = KEY.kid, **changed: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changed), KEY.private, algorithm="EdDSA", headers=headers)


def unsigned() -> str:
    return jwt.encode(claims(), "", algorithm="none", headers={"kid": KEY.kid})


def signed_with_the_public_key() -> str:
    """A token that a careless verifier takes: the published key is used as a shared secret."""
    secret = base64.urlsafe_b64decode(KEY.published["x"] + "=")
    return jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": KEY.kid})


def forged() -> str:
    return jwt.encode(claims(), OTHER.private, algorithm="EdDSA", headers={"kid": KEY.kid})


REFUSED: list[tuple[str, str | Callable[[], str] | None]] = [
    ("no header", None),
    ("no token", "Bearer"),
    ("another scheme", "Basic ZDE6cGFzcw=="),
    ("no JWT", "Bearer abc"),
    ("not ASCII", "Bearer é.é.é"),
    ("a header that is no object", "Bearer W10.e30.AA"),
    ("too long", f"Bearer {'a' * (MAX_TOKEN_BYTES + 1)}"),
    ("expired", lambda: token(now=1_000.0)),
    ("unsigned", f"Bearer {unsigned()}"),
    ("signed with the public key", f"Bearer {signed_with_the_public_key()}"),
    ("forged", f"Bearer {forged()}"),
    ("changed afterwards", lambda: f"{token()[:-6]}AAAAAA"),
    ("of a key that is not published", lambda: token(key=OTHER)),
    ("of no key", f"Bearer {sign(kid=None)}"),
    ("of another issuer", lambda: token(issuer="somebody")),
    ("for another audience", lambda: token(audience="something")),
    *[(f"without {name}", f"Bearer {sign(**{name: None})}") for name in claims()],
    ("of a subject with a slash", f"Bearer {sign(sub='o1/d1')}"),
    ("of an organisation without a name", f"Bearer {sign(org='')}"),
    ("of an organisation that is a number", f"Bearer {sign(org=7)}"),
    ("with one role as text", f"Bearer {sign(roles='driver')}"),
    ("with roles that are numbers", f"Bearer {sign(roles=[1])}"),
    ("that expires some day", f"Bearer {sign(exp='some day')}"),
    ("of an organisation in no country", f"Bearer {sign(country='Maroc')}"),
    ("of an organisation in a numbered country", f"Bearer {sign(country=212)}"),
    ("with dealerships that are no lists", f"Bearer {sign(dealerships={'auditor': 'D1'})}"),
    ("with dealerships without a name", f"Bearer {sign(dealerships={'auditor': ['']})}"),
    ("with dealerships by number", f"Bearer {sign(dealerships=[['auditor', 'D1']])}"),
    ("that reads only a little", f"Bearer {sign(reads_only='a little')}"),
    ("whose secret was shown some day", f"Bearer {sign(auth_time='some day')}"),
]


@pytest.mark.parametrize(("_what", "header"), REFUSED, ids=[what for what, _ in REFUSED])
async def test_a_token_that_is_not_ours_is_refused(
    _what: str, header: str | Callable[[], str] | None
) -> None:
    if callable(header):
        header = f"Bearer {header()}"
    async with client(api()) as caller:
        del caller.headers["Authorization"]
        given = {} if header is None else {"Authorization": header.encode()}
        answer = await caller.get("/me", headers=given)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="relais"')


async def test_a_valid_token_says_who_asks() -> None:
    async with client(api(), Authorization=f"bearer {sign(roles=['driver', 'x'])}") as caller:
        answer = await caller.get("/me")
    assert answer.json() == {
        "subject": "d1",
        "organisation_id": "o1",
        "roles": ["driver", "x"],
    }


@pytest.mark.parametrize("shown", [None, 1_000.0])
def test_a_token_tells_when_a_secret_was_shown_if_it_was(shown: float | None) -> None:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    signed_in = issue(KEY, "d1", "o1", ["driver"], authenticated_at=shown)
    assert verifier.principal(f"Bearer {signed_in}".encode()).authenticated_at == shown


class TestExpiry:
    @pytest.mark.parametrize("remembered", [False, True])
    def test_a_token_is_valid_until_and_not_at_its_end(self, remembered: bool) -> None:
        now = [1_000.0]
        verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais", lambda: now[0])
        header = f"Bearer {token(now=1_000.0, lifetime=60)}".encode()
        if remembered:
            verifier.principal(header)
        now[0] = 1_059.9
        assert verifier.principal(header).subject == "d1"
        now[0] = 1_060.0
        with pytest.raises(Problem, match="expired"):
            verifier.principal(header)


def test_no_more_tokens_are_remembered_than_there_is_room_for() -> None:
    keys = PublishedKeys(jwks(KEY))
    verifier = Verifier(keys, "relais-accounts", "relais", remembered=2)
    for subject in ("d1", "d2", "d3", "d1"):
        assert verifier.principal(f"Bearer {token(subject)}".encode()).subject == subject
    assert len(verifier._known) == 2


class TestRoles:
    async def test_a_role_that_is_not_admitted_is_told_which_are(self) -> None:
        async with client(api(), **signed("b1", "analyst")) as caller:
            answer = await caller.get("/me")
        assert answer.status_code == 403
        assert answer.json()["detail"] == "This is for: driver, logistics."

    async def test_who_has_yet_to_prove_a_second_factor_is_told_so(self) -> None:
        async with client(api(), **signed("b1", "analyst", "enrolling")) as caller:
            refused = await caller.get("/me")
        assert refused.json()["type"] == "urn:relais:problem:no-second-factor"
        async with client(api(), **signed("b1", "driver", "enrolling")) as caller:
            assert (await caller.get("/me")).status_code == 200

    @pytest.mark.parametrize("role", ["driver", "logistics"])
    async def test_one_of_the_roles_is_enough(self, role: Any) -> None:
        async with client(api(), **signed("b1", "analyst", role)) as caller:
            assert (await caller.get("/me")).status_code == 200

    async def test_a_public_route_knows_nobody(self) -> None:
        async with client(api(), Authorization="") as caller:
            answer = await caller.get("/today")
        assert answer.json() == {"today": "2030-05-01"}

    async def test_nobodys_body_is_read_before_it_is_known_who_sent_it(self) -> None:
        async with client(api(), Authorization="") as caller:
            answer = await caller.post("/bells/b1/rings", content=b"{")
        assert answer.status_code == 401


def looks() -> str:
    return f"Bearer {issue(KEY, 'd1', 'o1', ['driver'], reads_only=True)}"


class TestReadsOnly:
    """Somebody looks as another role sees it."""

    async def test_who_only_looks_reads_what_the_role_reads(self) -> None:
        async with client(api(), Authorization=looks()) as caller:
            assert (await caller.get("/me")).status_code == 200

    async def test_who_only_looks_changes_nothing(self) -> None:
        async with client(api(), Authorization=looks()) as caller:
            answer = await caller.post("/bells/b1/rings", json={"times": 1})
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "reads-only")
        looking = "You are looking as: driver. Nothing can be changed meanwhile."
        assert answer.json()["detail"] == looking


class TestRotation:
    def test_a_key_published_later_is_found_without_a_restart(self, tmp_path: Path) -> None:
        keys, file, now = self.published(tmp_path)
        file.write_text(jwks(KEY, OTHER))
        assert keys.find(OTHER.kid) is None, "the file was read a moment ago"
        now[0] += REFRESH_SECONDS
        assert keys.find(OTHER.kid) is not None
        assert keys.find(KEY.kid) is not None

    @pytest.mark.parametrize(
        "broken", ["", "[]", '{"keys": [{"crv": "Ed25519"}]}', pytest.param(PRIVATE, id="private")]
    )
    def test_a_broken_file_leaves_the_former_keys(self, tmp_path: Path, broken: str) -> None:
        keys, file, now = self.published(tmp_path)
        file.write_text(broken)
        now[0] += REFRESH_SECONDS
        assert keys.find(OTHER.kid) is None
        assert keys.find(KEY.kid) is not None

    def test_a_process_does_not_start_without_readable_keys(self) -> None:
        with pytest.raises(Unreadable):
            PublishedKeys('{"no": "keys"}')

    def published(self, folder: Path) -> tuple[PublishedKeys, Path, list[float]]:
        file, now = folder / "jwks.json", [0.0]
        file.write_text(jwks(KEY))
        return PublishedKeys(str(file), lambda: now[0]), file, now


class TestSigningKey:
    def test_it_can_be_kept_in_a_file(self) -> None:
        kept = SigningKey.from_pem(KEY.pem)
        assert kept.kid == KEY.kid
        verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
        header = f"Bearer {issue(kept, 'd1', 'o1', ['driver'])}".encode()
        assert verifier.principal(header).subject == "d1"

    def test_what_is_published_signs_nothing(self) -> None:
        [published] = json.loads(jwks(KEY))["keys"]
        assert published.keys() == {"crv", "kty", "x", "kid", "alg", "use"}


def silent(router: APIRouter) -> None:
    @router.get("/silent")
    async def route() -> None: ...


def undecided(router: APIRouter) -> None:
    @router.get("/undecided")
    async def route(
        one: Annotated[PublicRequest, public()],
        other: Annotated[RequestContext, requires("driver")],
    ) -> None: ...


def bare(router: APIRouter) -> None:
    async def route(_: Any) -> Response:
        return Response()

    router.routes.append(Route("/bare", route))


@pytest.mark.parametrize("add", [silent, undecided, bare])
def test_an_api_with_a_route_that_names_no_roles_does_not_start(
    add: Callable[[APIRouter], None],
) -> None:
    router = APIRouter()
    add(router)
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    with pytest.raises(RouteNamesNoRoles, match=f"/{add.__name__}"):
        create_app("bells", [router], AppState(verifier))


def test_an_api_with_a_route_that_declares_no_answer_does_not_start() -> None:
    router = APIRouter()

    @router.get("/untyped")
    async def untyped(context: Annotated[PublicRequest, public()]) -> dict[str, str]:
        return {"correlation": context.correlation_id}

    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    with pytest.raises(UntypedAnswer, match="/untyped"):
        create_app("bells", [router], AppState(verifier))


def test_an_api_with_a_public_route_that_asks_who_its_caller_is_does_not_start() -> None:
    router = Router("Bells")

    @router.get("/known")
    async def known(context: Annotated[RequestContext, public()]) -> Answered[str]:
        return Answered(context.principal.subject)

    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    with pytest.raises(NobodyIsKnown, match="/known"):
        create_app("bells", [router], AppState(verifier))


def test_the_routes_of_one_api_stay_as_they_are_for_another() -> None:
    router = who_router()
    before = [vars(route)["app"] for route in router.routes]
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    assert create_app("bells", [router], AppState(verifier)).routes
    assert [vars(route)["app"] for route in router.routes] == before


def test_no_roles_at_all_must_be_said_as_public() -> None:
    with pytest.raises(ValueError, match="public"):
        requires()


@dataclass
class Publisher:
    """Publishes keys at a URL, and counts how often they are asked for."""

    url: str
    document: str = ""
    asked: int = 0


@asynccontextmanager
async def publisher() -> AsyncIterator[Publisher]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        found.asked += 1
        body = found.document.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()[:2]
        found = Publisher(f"http://{host}:{port}/jwks.json")
        yield found


@pytest.mark.requirement("G-04")
class TestKeysAtAUrl:
    async def test_a_token_of_a_key_not_seen_yet_is_admitted(self) -> None:
        async with publisher() as published:
            published.document = jwks(KEY)
            app_state = AppState(
                Verifier(PublishedKeys("", url=published.url), "relais-accounts", "relais")
            )
            async with client(
                create_app("t", [who_router()], app_state), **signed("b1", "driver")
            ) as c:
                answers = [(await c.get("/who")).status_code for _ in range(3)]
            assert (answers, published.asked) == ([200, 200, 200], 1)

    async def test_a_stranger_does_not_make_us_ask_again_and_again(self) -> None:
        async with publisher() as published:
            published.document = jwks(OTHER)
            keys = PublishedKeys("", lambda: 0.0, url=published.url)
            await asyncio.gather(*(keys.fetch() for _ in range(5)))
            assert (keys.find(KEY.kid), published.asked) == (None, 1)

    async def test_keys_rotate_and_a_withdrawn_one_is_gone(self) -> None:
        async with publisher() as published:
            now = [0.0]
            keys = PublishedKeys("", lambda: now[0], url=published.url)
            for document in (jwks(KEY), jwks(OTHER), "not a key set"):
                published.document = document
                await keys.fetch()
                now[0] += REFRESH_SECONDS
            assert keys.find(KEY.kid) is None
            assert keys.find(OTHER.kid) is not None

    async def test_keys_that_cannot_be_read_are_asked_for_soon_again(self) -> None:
        async with publisher() as published:
            now = [0.0]
            keys = PublishedKeys(jwks(OTHER), lambda: now[0], url=published.url)
            await keys.fetch()
            published.document = jwks(KEY)
            now[0] += FAILED_SECONDS
            await keys.fetch()
            assert keys.find(KEY.kid) is not None
            assert keys.find(OTHER.kid) is not None, "both places count"


def who_router() -> Router:
    router = Router("Callers")

    @router.get("/who")
    async def who(
        context: Annotated[RequestContext, requires("driver")],
    ) -> Answered[dict[str, str]]:
        """The principal of the request."""
        return Answered({"who": context.principal.subject})

    return router
