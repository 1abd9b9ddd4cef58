"""A route receives its context and answers a command, over a real store."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio

from contracts.missions import driver_v1
from contracts.missions.driver_v1 import DriverEvent, PhoneChanged
from infra.batching import Full
from infra.commands import Aggregate, Commands, Loaded, TooMuchContention, VersionMismatch
from infra.database import open_pool
from infra.folds import Fold
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.auth import PublishedKeys, Verifier
from infra.http.history import MOST, ORDER
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import (
    SKEW,
    AppState,
    Dealerships,
    RequestContext,
    requires,
)
from infra.http.tests.stage import (
    BELL,
    KEY,
    NOON,
    TOKENS,
    Ring,
    RungEnough,
    Unlucky,
    api,
    client,
    signed,
)
from infra.personal import Keyring
from infra.reading import pack
from infra.store.postgres import PostgresStore
from infra.tests.make import context
from infra.tokens import Role, issue, jwks

RINGS = "/bells/b1/rings"
MISMATCH = "urn:relais:problem:version-mismatch"


class Counting(Commands):
    """Counts how often a stream is folded for a query, and how often at all."""

    folds = 0
    all_folds = 0

    async def load(self, *given: Any, **options: Any) -> Any:
        self.folds += 1
        return await super().load(*given, **options)

    async def _folded(self, *given: Any) -> Fold:
        self.all_folds += 1
        return await super()._folded(*given)


@pytest_asyncio.fixture
async def commands(database: str) -> AsyncIterator[Counting]:
    """Commands over an empty store."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(database, 4, "test")
        stack.push_async_callback(pool.close)
        keyring = Keyring(pool, {"k1": os.urandom(32)})
        store = PostgresStore(pool)
        await keyring.migrate()
        await store.migrate()
        yield Counting("test", store, keyring)


@pytest_asyncio.fixture
async def caller(commands: Counting) -> AsyncIterator[httpx.AsyncClient]:
    """A driver who calls an API over an empty store."""
    async with client(api(commands=commands, extra=phones())) as made:
        yield made


class Phone(Answer):
    """The number that a driver has now."""

    phone: str


PHONE: Aggregate[None, str, DriverEvent, None] = Aggregate(
    driver_v1.contract,
    lambda *_: [],
    lambda phone, event: event.phone if isinstance(event, PhoneChanged) else phone,
    "",
)


def phones() -> Router:
    """A route that tells something personal."""
    routes = Router("Phones")

    @routes.get("/phones/{driver_id}")
    async def phone(
        driver_id: Id, context: Annotated[RequestContext, requires("driver")]
    ) -> Answered[Phone]:
        """The number of a driver."""
        found = await context.load(PHONE, driver_id)
        return context.show(Phone(phone=found.state), found)

    @routes.post("/bells/{bell_id}/rings-of-those-who-looked")
    async def look_and_ring(
        bell_id: Id, context: Annotated[RequestContext, requires("driver")]
    ) -> Answered[Recorded]:
        """Ring a bell that was looked at, and look at it again."""
        await context.load(BELL, bell_id)
        await context.handle(BELL, bell_id, Ring(bell_id, context.occurred_at))
        found = await context.load(BELL, bell_id)
        return Answered(Recorded(id=bell_id, version=found.version))

    return routes


async def ring(caller: httpx.AsyncClient, key: str = "k", **headers: str) -> httpx.Response:
    return await caller.post(RINGS, json={"count": 9}, headers={"Idempotency-Key": key, **headers})


async def test_what_a_request_looked_at_is_not_read_again_for_its_command(
    caller: httpx.AsyncClient, commands: Counting
) -> None:
    answer = await caller.post("/bells/b1/rings-of-those-who-looked")
    assert (answer.json(), commands.all_folds) == ({"id": "b1", "version": 1}, 2)


class TestAnswer:
    async def test_it_carries_the_version_and_the_position(self, caller: httpx.AsyncClient) -> None:
        answer = await ring(caller)
        assert (answer.status_code, answer.json()) == (200, {"rung": 1})
        assert answer.headers["ETag"] == '"1"'
        assert answer.headers["Relais-Position"] == TOKENS.tell("o1", "test.trip/b1", 1)

    async def test_what_is_made_says_where_it_is(self, caller: httpx.AsyncClient) -> None:
        answer = await caller.put("/bells/b7")
        assert (answer.status_code, answer.headers["Location"]) == (201, "/bells/b7")
        assert answer.json() == {"id": "b7", "version": 1}

    async def test_a_refusal_records_nothing(self, caller: httpx.AsyncClient) -> None:
        answer = await caller.post(RINGS, json={"count": 0})
        assert answer.json()["type"] == "urn:relais:problem:rung-enough"
        assert answer.status_code == 409
        assert (await caller.get("/bells/b1")).json() == {"rung": 0}


@pytest.mark.requirement("G-07")
class TestRepeating:
    async def test_a_double_click_counts_once(self, caller: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(ring(caller, "same") for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.headers["ETag"] for answer in answers} == {'"1"'}

    async def test_the_first_answer_is_given_again_later(self, caller: httpx.AsyncClient) -> None:
        first = await ring(caller, "one")
        await ring(caller, "two")
        again = await ring(caller, "one")
        assert (again.json(), again.headers["ETag"]) == (first.json(), first.headers["ETag"])

    async def test_a_key_that_came_with_another_request_is_refused(
        self, caller: httpx.AsyncClient
    ) -> None:
        await ring(caller, "one")
        answer = await caller.post(RINGS, json={"count": 8}, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:relais:problem:idempotency-key-reused"

    async def test_a_key_that_came_for_another_entity_is_refused(
        self, caller: httpx.AsyncClient
    ) -> None:
        await ring(caller, "one")
        other = await caller.put("/bells/b2", headers={"Idempotency-Key": "one"})
        assert other.status_code == 422

    async def test_the_key_of_somebody_else_is_another_key(self, caller: httpx.AsyncClient) -> None:
        await ring(caller, "one")
        answer = await ring(caller, "one", **signed("d2"))
        assert answer.json() == {"rung": 2}


@pytest.mark.requirement("G-07")
class TestIfMatch:
    async def test_the_version_at_hand_is_taken(self, caller: httpx.AsyncClient) -> None:
        etag = (await ring(caller, "one")).headers["ETag"]
        assert (await ring(caller, "two", **{"If-Match": etag})).status_code == 200

    @pytest.mark.parametrize("etag", ['"1"', '"3"', '"9999999999"'])
    async def test_any_other_version_is_refused(self, caller: httpx.AsyncClient, etag: str) -> None:
        await ring(caller, "one")
        await ring(caller, "two")
        answer = await ring(caller, "three", **{"If-Match": etag})
        assert (answer.status_code, answer.json()["type"]) == (412, MISMATCH)
        assert (await caller.get("/bells/b1")).headers["ETag"] == '"2"'

    async def test_of_two_who_saw_the_same_one_is_told(self, caller: httpx.AsyncClient) -> None:
        etag = (await ring(caller, "one")).headers["ETag"]
        both = await asyncio.gather(*(ring(caller, k, **{"If-Match": etag}) for k in "ab"))
        assert sorted(answer.status_code for answer in both) == [200, 412]

    async def test_a_star_means_that_it_exists(self, caller: httpx.AsyncClient) -> None:
        assert (await ring(caller, "one", **{"If-Match": "*"})).status_code == 412
        await ring(caller, "two")
        assert (await ring(caller, "three", **{"If-Match": "*"})).status_code == 200

    @pytest.mark.parametrize("etag", ['"3"', "*"])
    @pytest.mark.parametrize("rejection", [None, RungEnough(9)])
    async def test_a_rule_that_is_no_secret_comes_after_it(
        self, etag: str, rejection: object | None
    ) -> None:
        # `Existing.is_hidden_from` tries that a rule which hides the thing comes first.
        async with client(api(commands=At(7, rejection))) as caller:
            answer = await ring(caller, **{"If-Match": etag})
        assert (answer.status_code, answer.json()["facts"]) == (412, {"version": 7})


class At(Unlucky):
    """Finds a stream at another version than the caller named, and a rule that says no, or none."""

    def __init__(self, version: int, rejection: object | None) -> None:
        super().__init__(VersionMismatch(3, version, rejection))

    async def load(self, *_: Any, **__: Any) -> Any:
        return Loaded(None, 0, "test.trip/b1")


class TestIfNoneMatch:
    async def test_who_has_the_version_is_not_sent_it_again(
        self, caller: httpx.AsyncClient
    ) -> None:
        etag = (await ring(caller)).headers["ETag"]
        answer = await caller.get("/bells/b1", headers={"If-None-Match": etag})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)

    async def test_who_was_shown_it_costs_no_fold(
        self, caller: httpx.AsyncClient, commands: Counting
    ) -> None:
        await ring(caller)
        etag = (await caller.get("/bells/b1")).headers["ETag"]
        answer = await caller.get("/bells/b1", headers={"If-None-Match": etag})
        assert (answer.status_code, commands.folds) == (304, 1)

    async def test_who_has_another_version_is_sent_the_present_one(
        self, caller: httpx.AsyncClient
    ) -> None:
        etag = (await ring(caller, "one")).headers["ETag"]
        await caller.get("/bells/b1")
        await ring(caller, "two")
        answer = await caller.get("/bells/b1", headers={"If-None-Match": etag})
        assert (answer.json(), answer.headers["ETag"]) == ({"rung": 2}, '"2"')

    async def test_for_what_somebody_else_was_shown_rights_are_looked_at(
        self, caller: httpx.AsyncClient, commands: Counting
    ) -> None:
        await ring(caller)
        etag = (await caller.get("/bells/b1")).headers["ETag"]
        await caller.get("/bells/b1", headers={"If-None-Match": etag, **signed("d2")})
        assert commands.folds == 2

    async def test_who_is_forgotten_stays_in_no_answer(
        self, caller: httpx.AsyncClient, commands: Counting
    ) -> None:
        changed = PhoneChanged(driver_id="ada", phone="+33600000000", changed_at=NOON)
        await commands.store.append(
            await commands.prepare(PHONE, "driver-ada", 0, [changed], context())
        )
        first = await caller.get("/phones/ada")
        known = {"If-None-Match": first.headers["ETag"]}
        assert (await caller.get("/phones/ada", headers=known)).status_code == 304
        await commands._keyring.forget("ada", "ada")
        now = [await caller.get("/phones/ada", headers=known) for _ in range(2)]
        assert [answer.json() for answer in (first, *now)] == [
            {"phone": "+33600000000"},
            {"phone": "XXXX"},
            {"phone": "XXXX"},
        ]


KEY_HEADER = "Idempotency-Key"
OCCURRED = "Relais-Occurred-At"
JOURNEY = "Relais-Correlation-Id"

UNREADABLE = [
    (KEY_HEADER, ""),
    (KEY_HEADER, "x" * 256),
    (KEY_HEADER, "two words"),
    (KEY_HEADER, "é"),
    (JOURNEY, ""),
    (JOURNEY, "x" * 129),
    (JOURNEY, "two words"),
    ("If-Match", "1"),
    ("If-Match", '""'),
    ("If-Match", '"0"'),
    ("If-Match", '"01"'),
    ("If-Match", '"-1"'),
    ("If-Match", 'W/"1"'),
    ("If-Match", '"1", "2"'),
    ("If-Match", '"99999999999"'),
    (OCCURRED, "yesterday"),
    (OCCURRED, "2030-05-01T12:00:00"),
    (OCCURRED, (NOON + SKEW + timedelta(microseconds=1)).isoformat()),
]
READABLE = [
    (KEY_HEADER, "x"),
    (KEY_HEADER, "!" + "~" * 254),
    (JOURNEY, "x" * 128),
    ("If-Match", "*"),
    (OCCURRED, (NOON + SKEW).isoformat()),
    (OCCURRED, "2030-05-01T13:59:59+02:00"),
]


@pytest.mark.parametrize(("name", "value"), UNREADABLE)
async def test_a_header_that_cannot_be_read_is_named(name: str, value: str) -> None:
    async with client(api()) as caller:
        caller.headers.update({name: value.encode("latin-1")})  # type: ignore[arg-type]
        answer = await caller.post(RINGS, json={})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == f"header:{name}"


async def test_a_command_without_a_key_is_refused() -> None:
    async with client(api(), **{KEY_HEADER: ""}) as caller:
        answer = await caller.post(RINGS, json={})
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "missing")


@pytest.mark.parametrize(("name", "value"), READABLE)
async def test_a_header_at_the_boundary_is_read(
    caller: httpx.AsyncClient, name: str, value: str
) -> None:
    await ring(caller, "before")
    assert (await ring(caller, **{name: value})).status_code == 200


class TestHistory:
    @pytest.mark.requirement("G-05")
    async def test_it_tells_who_did_what_and_when(self, caller: httpx.AsyncClient) -> None:
        await ring(caller, **{OCCURRED: "2030-05-01T10:00:00Z", JOURNEY: "j-1"})
        [entry] = (await caller.get("/bells/b1/history")).json()["items"]
        assert (entry["version"], entry["type"]) == (1, "relais.missions.trip.v1.expired")
        assert entry["what"] == {"trip_id": "b1", "expired_at": "2030-05-01T10:00:00Z"}
        assert (entry["actor"], entry["correlation_id"]) == ("d1", "j-1")
        assert entry["occurred_at"] == "2030-05-01T10:00:00Z"
        assert entry["recorded_at"] != entry["occurred_at"]

    async def test_a_fast_clock_records_nothing_before_its_time(
        self, caller: httpx.AsyncClient
    ) -> None:
        await ring(caller, **{OCCURRED: (NOON + SKEW).isoformat()})
        [entry] = (await caller.get("/bells/b1/history")).json()["items"]
        assert entry["occurred_at"] == "2030-05-01T12:00:00Z"

    async def test_a_time_before_all_time_is_refused_in_a_sentence(
        self, caller: httpx.AsyncClient
    ) -> None:
        answer = await ring(caller, **{OCCURRED: "0001-01-01T00:00:00+23:59"})
        assert (answer.status_code, answer.json()["detail"]) == (
            400,
            "There is no such time.",
        )

    async def test_each_journey_gets_a_name(self, caller: httpx.AsyncClient) -> None:
        journeys = [(await ring(caller, key)).headers[JOURNEY] for key in ("one", "two")]
        entries = (await caller.get("/bells/b1/history")).json()["items"]
        assert [entry["correlation_id"] for entry in entries] == journeys
        assert len(set(journeys)) == 2

    async def test_it_comes_in_parts_that_leave_nothing_out(
        self, caller: httpx.AsyncClient
    ) -> None:
        for key in range(5):
            await ring(caller, f"ring-{key}")
        path, found = "/bells/b1/history?limit=2", list[list[int]]()
        while path:
            answer = await caller.get(path)
            found.append([entry["version"] for entry in answer.json()["items"]])
            path = answer.links.get("next", {}).get("url", "")
            assert (answer.json()["next"] is None) == (path == "")
        assert found == [[1, 2], [3, 4], [5]]
        whole = (await caller.get("/bells/b1/history")).json()
        assert ([one["version"] for one in whole["items"]], whole["next"]) == (
            [1, 2, 3, 4, 5],
            None,
        )

    async def test_a_full_last_part_is_the_last(self, caller: httpx.AsyncClient) -> None:
        for key in range(2):
            await ring(caller, f"ring-{key}")
        assert (await caller.get("/bells/b1/history?limit=2")).json()["next"] is None

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            (f"limit={MOST}", 200),
            (f"limit={MOST + 1}", 422),
            ("limit=0", 422),
            ("cursor=x", 400),
            (f"cursor={pack('numbers', (1,))}", 400),
            (f"cursor={pack(ORDER, (-1,))}", 200),
            (f"cursor={pack(ORDER, (2**40,))}", 200),
        ],
    )
    async def test_only_what_it_gave_out_is_a_cursor(
        self, caller: httpx.AsyncClient, query: str, status: int
    ) -> None:
        assert (await caller.get(f"/bells/b1/history?{query}")).status_code == status

    async def test_the_past_can_be_looked_at(self, caller: httpx.AsyncClient) -> None:
        await ring(caller)
        before = await caller.get("/bells/b1", params={"as_of": "2020-01-01T00:00:00Z"})
        assert before.json() == {"rung": 0}


# --- What only a caller without a store can bring about -----------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [(TooMuchContention("32 attempts"), 409, "conflict"), (Full(), 503, "overloaded")],
)
async def test_what_passes_says_when_to_try_again(error: Exception, status: int, slug: str) -> None:
    async with client(api(commands=Unlucky(error))) as caller:
        answer = await ring(caller)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "1")
    assert answer.json()["type"] == f"urn:relais:problem:{slug}"


# --- The day it is ------------------------------------------------------------------------------

ZONES = [
    ("Europe/Paris", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "2026-11-23"),
    # Morocco left UTC+1 on 20 September 2026.
    ("Africa/Casablanca", datetime(2026, 9, 10, 23, 0, tzinfo=UTC), "2026-09-11"),
    ("Africa/Casablanca", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "2026-11-22"),
    ("Europe/Paris", datetime(2026, 6, 30, 21, 59, tzinfo=UTC), "2026-06-30"),
    ("Europe/Paris", datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "2026-07-01"),
]


@pytest.mark.requirement("G-03")
@pytest.mark.parametrize(("zone", "now", "day"), ZONES)
def test_today_is_the_day_where_the_organisation_is(zone: str, now: datetime, day: str) -> None:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "i", "a")
    token = issue(KEY, "d1", "o1", ["driver"], issuer="i", audience="a", time_zone=zone)
    principal = verifier.principal(f"Bearer {token}".encode())
    context = RequestContext(AppState(verifier), now, now, "j", None, principal=principal)
    assert str(context.today) == day


@pytest.mark.parametrize(
    ("country", "kept"), [(None, "+33612345678"), ("FR", "+33612345678"), ("MA", "+212612345678")]
)
def test_a_phone_number_is_of_the_country_of_the_organisation(
    country: str | None, kept: str
) -> None:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "i", "a")
    token = issue(KEY, "d1", "o1", ["driver"], issuer="i", audience="a", country=country)
    principal = verifier.principal(f"Bearer {token}".encode())
    context = RequestContext(AppState(verifier), NOON, NOON, "j", None, principal=principal)
    assert context.phone("phone", "06 12 34 56 78") == kept
    with pytest.raises(Problem) as refused:
        context.phone("phone", "06 12 34")
    assert (refused.value.status_code, refused.value.slug) == (422, "invalid-request")
    assert [error.field for error in refused.value.errors] == ["/phone"]


AT = {"sales_representative": ["D1", "D2"], "technician": ["D3"]}


def dealer(*roles: str, at: dict[str, list[str]] | None = None) -> RequestContext:
    """A request of somebody with these roles at these dealerships."""
    verifier = Verifier(PublishedKeys(jwks(KEY)), "i", "a")
    token = issue(KEY, "lea", "g", roles, issuer="i", audience="a", dealerships=at)
    principal = verifier.principal(f"Bearer {token}".encode())
    return RequestContext(AppState(verifier), NOON, NOON, "j", None, principal=principal)


@pytest.mark.requirement("G-32")
def test_a_role_of_a_dealership_holds_where_it_was_granted_and_nowhere_else() -> None:
    who = dealer(*AT, at=AT)
    assert who.dealerships("sales_representative") == Dealerships(frozenset({"D1", "D2"}))
    assert who.dealerships("technician", "auditor") == Dealerships(frozenset({"D3"}))
    assert who.dealerships("auditor") == Dealerships(frozenset())
    who.require_dealership("D2", "auditor", "sales_representative")
    refusals: list[tuple[str, Role]] = [("D3", "sales_representative"), ("D1", "technician")]
    for dealership_id, role in refusals:
        with pytest.raises(Problem) as refused:
            who.require_dealership(dealership_id, role)
        assert (refused.value.status_code, refused.value.slug) == (404, "no-such-dealership")


@pytest.mark.requirement("FLB-023", "G-32")
def test_a_group_manager_is_a_manager_everywhere_and_nothing_else() -> None:
    who = dealer("group_manager", at={"auditor": ["D1"]})
    rights: tuple[Role, ...] = ("group_manager", "dealership_manager")
    for role in rights:
        assert who.dealerships(role).everywhere
        who.require_dealership("D9", role)
    assert who.dealerships("auditor") == Dealerships(frozenset({"D1"}))
    with pytest.raises(Problem):
        who.require_dealership("D9", "administrative_agent")


def test_who_holds_no_role_of_a_dealership_is_at_none() -> None:
    assert dealer("logistics").dealerships("dealership_manager") == Dealerships(frozenset())
