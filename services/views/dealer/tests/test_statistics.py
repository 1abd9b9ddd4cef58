"""Figures of cases: their formulas, whose cases count, by which clock, in which order."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

import pytest

from contracts import dealers
from contracts.dealerships.dealership_v1 import BrandAdded, DealershipOpened, SettingsChanged
from contracts.interventions.case_v1 import MediaKind, MediaPlaced, MediaTakenOut, Module
from infra.testing.following import user
from infra.tokens import Role
from services.views.dealer.case_figures import CaseFigures, project, view
from services.views.dealer.tests.cases import (
    accepted,
    amounts,
    answered,
    closed,
    created,
    deleted,
    forgotten,
    read,
    refused,
    revised,
    sent,
    undelivered,
    version,
)
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS
from services.views.dealer.tests.stage import Caller, Dealer, served

DONE = (created(), version(), sent(), read(), refused(), accepted(), answered())
MANAGER: Role = "dealership_manager"
GROUP_MANAGER: Role = "group_manager"


def dealership(id: str, zone: str = "Europe/Paris", currency: str = "EUR") -> DealershipOpened:
    return DealershipOpened(
        dealership_id=id,
        organisation_id=GROUP,
        dealership_name=f"Lumière {id.title()}",
        time_zone=zone,
        currency=currency,
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="renault",
        main_brand_name="Renault",
        opened_by="olga",
        opened_at=NOON,
    )


def dacia(id: str = PARIS) -> BrandAdded:
    return BrandAdded(
        dealership_id=id,
        organisation_id=GROUP,
        brand="dacia",
        brand_name="Dacia",
        added_by="olga",
        added_at=NOON,
    )


def shared(id: str, brand: str | None = None) -> SettingsChanged:
    return SettingsChanged(
        dealership_id=id,
        organisation_id=GROUP,
        brand=brand,
        settings=replace(dealers.NOTHING_SAID, statistics_shared=True),
        changed_by="maya",
        changed_at=NOON,
    )


def placed(media_id: str, kind: MediaKind) -> MediaPlaced:
    return MediaPlaced(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        media_id=media_id,
        file_id=f"F{media_id}",
        kind=kind,
        length_milliseconds=None,
        private=False,
        work_id=None,
        ordinal=1,
        shapes=(),
        placed_by="karim",
        placed_at=NOON,
    )


def taken_out(media_id: str) -> MediaTakenOut:
    return MediaTakenOut(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        media_id=media_id,
        file_id=f"F{media_id}",
        taken_out_by="karim",
        taken_out_at=NOON,
    )


def of(id: str, *events: Any) -> list[Any]:
    """The same events about another case."""
    return [replace(event, case_id=id) for event in events]


def row(*events: Any) -> CaseFigures | None:
    found: CaseFigures | None = reduce(project, (e for e in events if type(e) in view.events), None)
    return found


async def ids(ask: Caller, query: str, role: Role = MANAGER, **at: Any) -> list[str]:
    """The dealerships in the order in which somebody is shown them."""
    answer = await ask.ask(f"/statistics/dealerships{query}", role, **at)
    assert answer.status_code == 200, answer.text
    return [one["dealership_id"] for one in answer.json()["items"]]


async def cases(ask: Caller, query: str = "", role: Role = MANAGER, **at: Any) -> int:
    """How many cases count."""
    answer = await ask.ask(f"/statistics{query}", role, **at)
    assert answer.status_code == 200, answer.text
    return sum(one["cases"] for one in answer.json()["currencies"])


# --- A case -----------------------------------------------------------------


@pytest.mark.requirement("G-56")
def test_a_case_has_the_amounts_without_vat_of_its_version_and_its_answer() -> None:
    assert row(*DONE) == CaseFigures(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        brand="renault",
        mode="after_sales",
        currency="EUR",
        author_id="karim",
        time_zone="Europe/Paris",
        created_on=date(2030, 5, 1),
        sent_on=date(2030, 5, 1),
        read_on=date(2030, 5, 1),
        answered_on=date(2030, 5, 1),
        status="answered",
        proposed_minor=20_000,
        accepted_minor=10_000,
        accepted_works=1,
    )


def test_a_case_is_of_the_day_on_which_it_was_made_where_the_dealership_is() -> None:
    found = row(created(at=datetime(2030, 5, 1, 22, 0, tzinfo=UTC)))
    assert found is not None
    assert found.created_on == date(2030, 5, 2)


def test_photos_and_videos_count_while_they_are_in_the_case() -> None:
    photo, video, estimate = MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT
    twice = (placed("m1", photo), placed("m1", photo), placed("m2", photo))
    found = row(created(), *twice, placed("m3", video), placed("m4", estimate), taken_out("m2"))
    assert found is not None
    assert (found.photo_ids, found.video_ids) == (("m1",), ("m3",))


def test_only_what_is_accepted_of_the_last_version_counts() -> None:
    found = row(created(), version(), sent(), accepted(), revised(), version(2), sent())
    assert found is not None
    assert (found.accepted_works, found.status) == (0, "sent")


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), "pending_send"),
        ((sent(),), "sent"),
        ((sent(), undelivered()), "pending_send"),
        ((read(),), "read"),
        ((sent(), read()), "read"),
        ((sent(), read(), answered(), read()), "answered"),
        ((sent(), closed(), read()), "closed"),
    ],
)
def test_a_case_is_as_far_as_it_came(events: tuple[Any, ...], status: str) -> None:
    found = row(created(), *events)
    assert found is not None
    assert found.status == status


@pytest.mark.requirement("FLB-112")
def test_a_work_report_is_no_case_of_its_own() -> None:
    assert row(created(module=Module.WORK_REPORT), version(), answered()) is None


async def test_a_deleted_case_counts_as_closed(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), *DONE, closed(), deleted(), forgotten())
    async with served(dealer) as ask:
        assert await cases(ask, "?status=closed") == 1


# --- Figures ----------------------------------------------------------------

WEEK = {
    "first_day": "2030-04-29",
    "last_day": "2030-05-01",
    "currencies": [
        {
            "cases": 3,
            "statuses": [
                {"status": "pending_send", "cases": 1},
                {"status": "sent", "cases": 0},
                {"status": "read", "cases": 0},
                {"status": "answered", "cases": 2},
                {"status": "closed", "cases": 0},
            ],
            "photos_per_case": 0.33,
            "videos_per_case": 0.33,
            "proposed": {"amount_minor": 40_000, "currency": "EUR"},
            "accepted": {"amount_minor": 10_000, "currency": "EUR"},
            "revenue_rate": 25.0,
            "average_basket": {"amount_minor": 10_000, "currency": "EUR"},
            "conversion_rate": 50.0,
            "responses": 0,
        }
    ],
}


@pytest.mark.requirement("FLB-163", "G-56", "FLB-165", "T-12")
async def test_figures_follow_their_formulas(dealer: Dealer) -> None:
    media = (placed("m1", MediaKind.PHOTO), placed("m2", MediaKind.VIDEO))
    await dealer.saw(dealership(LYON), *DONE, *media)
    refusal = replace(answered(), accepted=amounts(0))
    await dealer.saw(*of("d2", created(), version(), refused(), refusal), *of("d3", created()))
    async with served(dealer) as ask:
        answer = await ask.ask("/statistics", MANAGER)
    assert answer.json() == WEEK


@pytest.mark.requirement("G-56")
async def test_a_figure_that_divides_by_nothing_is_null(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON))
    async with served(dealer) as ask:
        [shown] = (await ask.ask("/statistics", MANAGER)).json()["currencies"]
    divided = ("photos_per_case", "videos_per_case", "revenue_rate", "average_basket")
    assert [shown[one] for one in (*divided, "conversion_rate")] == [None] * 5
    assert (shown["cases"], shown["proposed"]) == (0, {"amount_minor": 0, "currency": "EUR"})


async def test_amounts_of_two_currencies_are_never_added_up(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), dealership(PARIS, currency="CHF"), *DONE)
    swiss = replace(created("d2", dealership_id=PARIS), currency="CHF")
    await dealer.saw(swiss)
    async with served(dealer) as ask:
        answer = await ask.ask("/statistics", MANAGER, at=(LYON, PARIS))
    shown = [(one["proposed"]["currency"], one["cases"]) for one in answer.json()["currencies"]]
    assert sorted(shown) == [("CHF", 1), ("EUR", 1)]


# --- Periods ----------------------------------------------------------------


@pytest.mark.requirement("FLB-165", "T-12")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?period=today", 1),
        ("", 2),
        ("?period=week_to_date", 2),
        ("?period=month_to_date", 1),
        ("?period=year_to_date", 4),
        ("?from_day=2030-04-28&until_day=2030-04-29", 2),
        ("?from_day=2030-04-28&until_day=2030-04-28", 1),
        ("?from_day=2030-05-02&until_day=2030-05-02", 0),
    ],
)
async def test_the_cases_made_in_the_period_count(dealer: Dealer, query: str, found: int) -> None:
    sunday = datetime(2030, 4, 28, 21, 59, tzinfo=UTC)
    monday = datetime(2030, 4, 28, 22, 0, tzinfo=UTC)
    new_year = datetime(2029, 12, 31, 23, 0, tzinfo=UTC)
    last_year = datetime(2029, 12, 31, 22, 59, tzinfo=UTC)
    days = (NOON, monday, sunday, new_year, last_year)
    await dealer.saw(dealership(LYON), *(created(f"d{n}", at=at) for n, at in enumerate(days)))
    async with served(dealer) as ask:
        assert await cases(ask, query) == found


@pytest.mark.requirement("FLB-165")
async def test_today_is_that_of_each_dealership(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), dealership(PARIS, "Pacific/Auckland"))
    early = replace(created("d2", dealership_id=PARIS, at=NOON), time_zone="Pacific/Auckland")
    await dealer.saw(created(), early)
    async with served(dealer) as ask:
        answer = await ask.ask("/statistics/dealerships?period=today", MANAGER, at=(LYON, PARIS))
    shown = {one["dealership_id"]: one for one in answer.json()["items"]}
    assert [shown[id]["last_day"] for id in (LYON, PARIS)] == ["2030-05-01", "2030-05-02"]
    assert [shown[id]["figures"]["cases"] for id in (LYON, PARIS)] == [1, 1]


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("?from_day=2030-05-01", "query:until_day", "missing"),
        ("?until_day=2030-05-01", "query:from_day", "missing"),
        ("?from_day=2030-05-02&until_day=2030-05-01", "query:until_day", "not_before"),
    ],
)
async def test_days_come_in_pairs_and_in_order(
    dealer: Dealer, query: str, field: str, rule: str
) -> None:
    await dealer.saw(dealership(LYON))
    async with served(dealer) as ask:
        answer = await ask.ask(f"/statistics{query}", MANAGER)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["rule"]) == (422, field, rule)


# --- Whose cases ------------------------------------------------------------


@pytest.mark.requirement("FLB-166")
@pytest.mark.parametrize(
    ("query", "found"),
    [("?mode=after_sales", 1), ("?mode=sales", 1), ("?status=answered", 1), ("?brand=dacia", 0)],
)
async def test_only_the_cases_that_match_count(dealer: Dealer, query: str, found: int) -> None:
    await dealer.saw(dealership(LYON), *DONE, created("d2", Module.DIRECT_MESSAGE))
    async with served(dealer) as ask:
        assert await cases(ask, query) == found


@pytest.mark.requirement("FLB-128", "G-78", "G-85")
async def test_the_group_sees_what_is_shared_and_a_manager_the_own_dealership(
    dealer: Dealer,
) -> None:
    await dealer.saw(dealership(LYON), dealership(PARIS), dacia(), shared(PARIS, "dacia"))
    await dealer.saw(created("d1"), created("d2", dealership_id=PARIS))
    await dealer.saw(created("d3", dealership_id=PARIS, brand="dacia"))
    async with served(dealer) as ask:
        assert await cases(ask, "", GROUP_MANAGER, at=()) == 1
        assert await cases(ask, "", MANAGER, at=(LYON,)) == 1
        assert await cases(ask, "", MANAGER, at=(PARIS,)) == 2
        assert await ids(ask, "", GROUP_MANAGER, at=()) == [PARIS]


@pytest.mark.requirement("FLB-164", "G-32")
async def test_nobody_sees_the_figures_of_another_dealership(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), dealership(PARIS), created("d2", dealership_id=PARIS))
    async with served(dealer) as ask:
        answer = await ask.ask(f"/statistics?dealership_id={PARIS}", MANAGER)
        other = await ask.ask("/statistics", MANAGER, at=(PARIS,), org="another")
        agent = await ask.ask("/statistics", "administrative_agent")
    assert answer.json()["type"] == "urn:relais:problem:no-such-dealership"
    assert (answer.status_code, agent.status_code) == (404, 403)
    assert other.json() == {"first_day": None, "last_day": None, "currencies": []}


# --- Rankings ---------------------------------------------------------------


@pytest.mark.requirement("FLB-164")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?sort=accepted", [LYON, "nice", PARIS]),
        ("?sort=accepted&direction=ascending", ["nice", PARIS, LYON]),
        ("?sort=cases", [PARIS, LYON, "nice"]),
        ("?sort=average_basket", [LYON, "nice", PARIS]),
        ("?sort=conversion_rate", [LYON, "nice", PARIS]),
        ("?sort=revenue_rate", [LYON, PARIS, "nice"]),
    ],
)
async def test_dealerships_are_put_in_order_by_a_figure(
    dealer: Dealer, query: str, found: list[str]
) -> None:
    await dealer.saw(*map(dealership, (LYON, PARIS, "nice")), *DONE)
    await dealer.saw(*(created(id, dealership_id=PARIS) for id in ("d2", "d3")))
    await dealer.saw(*of("d2", version()))
    async with served(dealer) as ask:
        assert await ids(ask, query, MANAGER, at=(LYON, PARIS, "nice")) == found


@pytest.mark.requirement("FLB-164")
async def test_the_pages_of_a_ranking_hold_every_dealership_once(dealer: Dealer) -> None:
    names = [f"p{n}" for n in range(5)]
    await dealer.saw(*map(dealership, names), created("d1", dealership_id="p3"))
    found: list[str] = []
    async with served(dealer) as ask:
        path: str | None = "/statistics/dealerships?sort=cases&limit=2"
        while path:
            answer = await ask.ask(path, MANAGER, at=tuple(names))
            found += [one["dealership_id"] for one in answer.json()["items"]]
            link = answer.headers.get("Link")
            path = link.partition(">")[0].removeprefix("<") if link else None
    assert found == ["p3", "p0", "p1", "p2", "p4"]


@pytest.mark.requirement("FLB-167")
async def test_authors_are_put_in_order_by_their_cases(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), user("karim", GROUP), *DONE)
    await dealer.saw(*(created(id, author_id="zoe") for id in ("d2", "d3")))
    async with served(dealer) as ask:
        answer = await ask.ask("/statistics/contributors?mode=after_sales", MANAGER)
    zoe, karim = answer.json()["items"]
    assert (zoe["author"]["user_id"], zoe["cases"]) == ("zoe", 2)
    assert karim == {
        "author": {"user_id": "karim", "name": user("karim", GROUP).name},
        "cases": 1,
        "photos": 0,
        "videos": 0,
        "revenue": {"amount_minor": 10_000, "currency": "EUR"},
        "responses": None,
    }


@pytest.mark.requirement("FLB-167", "FLB-111")
async def test_responses_are_counted_of_sales_cases(dealer: Dealer) -> None:
    await dealer.saw(dealership(LYON), *DONE, created("d2", Module.DIRECT_MESSAGE))
    await dealer.saw(*of("d2", answered("Oui, je passe demain.")))
    async with served(dealer) as ask:
        answer = await ask.ask("/statistics/contributors?mode=sales&sort=responses", MANAGER)
    [karim] = answer.json()["items"]
    assert (karim["responses"], karim["revenue"]) == (1, None)


@pytest.mark.requirement("FLB-167")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=revenue", "cases, media"),
        ("sort=revenue&mode=sales", "cases, media, responses"),
        ("sort=responses&mode=after_sales", "cases, media, revenue"),
    ],
)
async def test_revenue_is_of_after_sales_and_responses_are_of_sales(
    dealer: Dealer, query: str, expected: str
) -> None:
    async with served(dealer) as ask:
        answer = await ask.ask(f"/statistics/contributors?{query}", MANAGER)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["rule"]) == (422, "query:sort", "enum")
    assert expected in error["detail"]


@pytest.mark.requirement("FLB-168", "G-57")
@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_a_ranking_comes_as_a_file(dealer: Dealer, format: str) -> None:
    await dealer.saw(dealership(LYON), *DONE)
    async with served(dealer) as ask:
        answer = await ask.ask(f"/statistics/dealerships?format={format}", MANAGER)
    assert answer.status_code == 200
    assert format != "csv" or "Lumière Lyon" in answer.text
