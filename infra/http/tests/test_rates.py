"""How often people and organisations may ask."""

import httpx
import pytest

from infra.http.app import Api, create_app
from infra.http.auth import Principal, PublishedKeys, Verifier
from infra.http.problems import Problem
from infra.http.rates import MINUTE, Most, Rates
from infra.http.request_context import AppState
from infra.http.tests.stage import KEY, client, router, token
from infra.tokens import jwks
from infra.wording import ALL

SECOND = 10**9


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 7 * MINUTE

    def __call__(self) -> int:
        return self.now


def somebody(subject: str = "ada", organisation: str = "hiflow") -> Principal:
    return Principal(subject, organisation, frozenset({"driver"}))


def admitted(rates: Rates, who: Principal, asked: int) -> int:
    """How many of so many requests at once are let in."""
    return sum(refusal(rates, who) is None for _ in range(asked))


def refusal(rates: Rates, who: Principal) -> Problem | None:
    try:
        rates.count(who)
    except Problem as problem:
        return problem
    return None


@pytest.mark.parametrize("most", [1, 7, 1_200])
def test_a_person_asks_so_often_at_once_and_no_more(most: int) -> None:
    rates = Rates(Most(of_person=most), Clock())
    assert admitted(rates, somebody(), most + 1) == most


def test_the_refusal_names_the_limit_and_when_to_come_back() -> None:
    clock = Clock()
    rates = Rates(Most(of_person=4), clock)
    assert admitted(rates, somebody(), 4) == 4
    problem = refusal(rates, somebody())
    assert problem is not None
    assert (problem.status_code, problem.slug) == (429, "too-many-requests-of-person")
    assert problem.sentence(ALL, "en") == "One person may send 4 requests a minute."
    assert problem.headers == {"Retry-After": "15"}


def test_who_comes_back_then_is_let_in_and_a_moment_before_is_not() -> None:
    clock = Clock()
    rates = Rates(Most(of_person=4), clock)
    assert admitted(rates, somebody(), 4) == 4
    clock.now += 15 * SECOND - 1
    assert admitted(rates, somebody(), 1) == 0
    clock.now += 1
    assert admitted(rates, somebody(), 2) == 1


def test_after_a_minute_all_of_it_is_there_again_and_no_more() -> None:
    clock = Clock()
    rates = Rates(Most(of_person=4), clock)
    for _ in range(3):
        assert admitted(rates, somebody(), 9) == 4
        clock.now += MINUTE


def test_one_person_takes_nothing_from_another() -> None:
    rates = Rates(Most(of_person=2), Clock())
    assert admitted(rates, somebody("ada"), 3) == 2
    assert admitted(rates, somebody("bob"), 3) == 2
    assert admitted(rates, somebody("ada", "atlas"), 3) == 2


def test_an_organisation_has_a_limit_of_its_own_that_is_named() -> None:
    rates = Rates(Most(of_person=2, of_organisation=3), Clock())
    assert admitted(rates, somebody("ada"), 2) == 2
    assert admitted(rates, somebody("bob"), 1) == 1
    problem = refusal(rates, somebody("bob"))
    assert problem is not None
    assert problem.slug == "too-many-requests-of-organisation"
    assert problem.headers == {"Retry-After": "20"}
    assert admitted(rates, somebody("eve", "atlas"), 1) == 1


def test_who_is_refused_takes_nothing_from_the_organisation() -> None:
    rates = Rates(Most(of_person=1, of_organisation=2), Clock())
    assert admitted(rates, somebody("ada"), 50) == 1
    assert admitted(rates, somebody("bob"), 1) == 1


def test_without_a_limit_nothing_is_counted() -> None:
    rates = Rates(Most(), Clock())
    assert admitted(rates, somebody(), 5_000) == 5_000
    assert len(rates) == 0


def test_only_so_many_are_remembered_and_who_asked_last_stays() -> None:
    rates = Rates(Most(of_person=2), Clock(), remembered=3)
    assert admitted(rates, somebody("ada"), 1) == 1
    for number in range(100):
        assert admitted(rates, somebody(f"other-{number}"), 1) == 1
        if number == 0:
            assert admitted(rates, somebody("ada"), 2) == 1
    assert len(rates) == 3
    assert admitted(rates, somebody("other-99"), 2) == 1


class TestApi:
    async def test_one_request_too_many_is_a_problem_and_others_go_on(self) -> None:
        async with client(app(Most(of_person=2))) as caller:
            answers = [await caller.get("/me") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert answers[-1].json()["type"] == "urn:relais:problem:too-many-requests-of-person"
            assert answers[-1].headers["Retry-After"] == "30"
            assert (await as_another(caller)).status_code == 200

    async def test_who_is_not_admitted_is_counted_too(self) -> None:
        async with client(app(Most(of_person=2))) as caller:
            analyst = {"Authorization": f"Bearer {token('eve', 'analyst')}"}
            answers = [await caller.get("/me", headers=analyst) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [403, 403, 429]

    async def test_who_needs_no_token_is_not_counted(self) -> None:
        async with client(app(Most(of_person=1, of_organisation=1))) as caller:
            answers = [await caller.get("/today") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 200]


def app(most: Most) -> Api:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    return create_app("bells", [router()], AppState(verifier, rates=Rates(most, Clock())))


async def as_another(caller: httpx.AsyncClient) -> httpx.Response:
    return await caller.get("/me", headers={"Authorization": f"Bearer {token('d2')}"})
