"""Providers match a request or not: cells of a grid, times, and every criterion."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.common_v1 import Point, Zone
from contracts.dispatch.request_v1 import Criterion
from contracts.marketplace.marketplace_v1 import (
    DocumentKind,
    RequestedDocument,
    ServiceUnit,
)
from contracts.marketplace.provider_v1 import ShownDocument, TimeRule
from contracts.providers import (
    Ending,
    Listed,
    Marketplace,
    Offered,
    Rate,
    Relation,
    RelationStanding,
    ServiceStanding,
    relation_id,
)
from infra.zones import Place, holds
from services.dispatch.adapters.cells import FINEST, MOST_CELLS, cells_of, cover
from services.dispatch.adapters.matching import Candidate, Wanted, is_free_once, judge
from services.dispatch.lookups.marketplace_provider import Provider
from services.dispatch.tests.make import DAY, HERE, HOUR, NOON, SLOT

WANTED = Wanted(
    marketplace_id="agora",
    service_code="windows",
    place=HERE,
    commune_code="59350",
    wanted_from=SLOT,
    wanted_until=SLOT + 4 * HOUR,
    created_at=NOON,
)
MARKETPLACE = Marketplace(
    marketplace_id="agora",
    marketplace_name="Agora",
    time_zone="Europe/Paris",
    currency="EUR",
    language="fr",
    broadcast=True,
    services=(Listed(service_code="windows", names=(), unit=ServiceUnit.JOB),),
    rates=(Rate(date(2030, 1, 1), 1_000), Rate(date(2030, 5, 7), 2_000)),
)


def square(west: float, south: float, east: float, north: float) -> Zone:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Zone(geojson=json.dumps({"type": "Polygon", "coordinates": [ring]}), communes=())


NOT_ACCEPTED = [one for one in RelationStanding if one is not RelationStanding.ACCEPTED]
LILLE = square(2.9, 50.5, 3.2, 50.8)
RELATION = Relation(
    relation_id=relation_id("agora", "eclat"),
    marketplace_id="agora",
    provider_id="eclat",
    provider_name="Éclat",
    marketplace_name="Agora",
    invitation_id="I1",
    standing=RelationStanding.ACCEPTED,
    told_id="marc",
    services=(Offered(service_code="windows", standing=ServiceStanding.ACCEPTED),),
)
PROVIDER = Provider("eclat", zone=(LILLE,), cells=cover(LILLE))


def candidate(relation: Relation = RELATION, provider: Provider = PROVIDER) -> Candidate:
    return Candidate(relation=relation, provider=provider, last_offered_at=None)


def missed(
    relation: Relation = RELATION,
    provider: Provider = PROVIDER,
    marketplace: Marketplace = MARKETPLACE,
) -> list[tuple[Criterion, str]]:
    """The criteria that are not met, each with its fact."""
    found = judge(WANTED, marketplace, candidate(relation, provider), NOON)
    assert len(found.criteria) == 5
    return [(one.criterion, one.fact) for one in found.criteria if not one.met]


class TestCells:
    @pytest.mark.parametrize(
        "zone",
        [LILLE, square(-5, 42, 8, 51), square(-180, -90, 180, 90), square(3, 50, 3.0001, 50.0001)],
        ids=["a town", "a country", "the world", "a field"],
    )
    def test_every_place_of_a_zone_is_in_one_of_few_cells(self, zone: Zone) -> None:
        cells = set(cover(zone))
        assert 1 <= len(cells) <= MOST_CELLS
        for longitude in range(-180, 181, 5):
            for latitude in range(-90, 91, 5):
                place = Point(latitude=latitude / 1, longitude=longitude / 1)
                if holds((zone,), Place(place, None)):
                    assert cells.intersection(cells_of(place, "0"))

    def test_a_place_far_away_is_in_none(self) -> None:
        paris = Point(latitude=48.85, longitude=2.35)
        assert not set(cover(LILLE)).intersection(cells_of(paris, "75056"))
        assert set(cover(LILLE)).intersection(cells_of(HERE, "59350"))
        assert len(cells_of(HERE, "59350")) == FINEST + 2

    def test_a_zone_of_communes_is_its_communes(self) -> None:
        named = Zone(geojson=None, communes=("59350", "59512"))
        assert cover(named) == ("c59350", "c59512")
        assert cover(named)[0] in cells_of(HERE, "59350")


@pytest.mark.requirement("OGU-03", "G-61", "G-67")
class TestCriteria:
    def test_who_meets_them_all_matches(self) -> None:
        found = judge(WANTED, MARKETPLACE, candidate(), NOON)
        facts = [(one.met, one.fact) for one in found.criteria]
        names = ("accepted", "accepted", "inside", "good", "available")
        assert facts == [(True, name) for name in names]

    @pytest.mark.parametrize(
        "standing", [one for one in RelationStanding if one is not RelationStanding.ACCEPTED]
    )
    def test_only_accepted_relations_match(self, standing: RelationStanding) -> None:
        other = replace(RELATION, standing=standing)
        assert missed(other) == [(Criterion.RELATION, standing.value)]

    def test_a_relation_that_ends_before_does_not_match(self) -> None:
        day = SLOT.date()
        ends = Ending(end="deactivated", last_day=day, effective_at=SLOT)
        assert missed(replace(RELATION, ending=(ends,))) == []
        before = replace(ends, last_day=day - DAY)
        late = [(Criterion.RELATION, (day - DAY).isoformat())]
        assert missed(replace(RELATION, ending=(before,))) == late

    def test_only_accepted_services_match(self) -> None:
        pending = Offered(service_code="windows", standing=ServiceStanding.PENDING)
        found = missed(replace(RELATION, services=(pending,)))
        assert found == [(Criterion.SERVICE, "pending")]
        assert missed(replace(RELATION, services=())) == [(Criterion.SERVICE, "not_proposed")]

    def test_the_place_is_in_what_the_operator_left_of_the_zone(self) -> None:
        elsewhere = square(3.5, 50.5, 3.6, 50.8)
        found = missed(provider=replace(PROVIDER, zone=(elsewhere,)))
        assert found == [(Criterion.ZONE, "outside")]
        assert missed(replace(RELATION, reduction=(elsewhere,))) == [(Criterion.ZONE, "reduced")]
        assert missed(replace(RELATION, reduction=(LILLE,))) == []
        assert missed(provider=Provider("eclat")) == [(Criterion.ZONE, "not_drawn")]

    def test_documents_that_are_asked_for_hold(self) -> None:
        kind = DocumentKind.VIGILANCE
        asked = RequestedDocument(kind=kind, most_months=6, of_this_year=None)
        asks = replace(MARKETPLACE, documents=(asked,))
        assert missed(marketplace=asks) == [(Criterion.DOCUMENTS, "vigilance:missing")]
        shown = ShownDocument(
            kind="vigilance",
            paper_id="p-1",
            file_id="f-1",
            issued_on=date(2029, 11, 6),
            expires_on=None,
        )
        assert missed(provider=replace(PROVIDER, documents=(shown,)), marketplace=asks) == []
        old = replace(shown, issued_on=date(2029, 11, 5))
        found = missed(provider=replace(PROVIDER, documents=(old,)), marketplace=asks)
        assert found == [(Criterion.DOCUMENTS, "vigilance:too_old")]


@pytest.mark.requirement("G-68", "M-15")
def test_the_commission_is_that_of_the_day_of_the_request() -> None:
    match = judge(WANTED, MARKETPLACE, candidate(), NOON).match
    assert (match.commission_basis_points, match.commission_since) == (1_000, date(2030, 1, 1))
    own = replace(RELATION, rates=(Rate(date(2030, 5, 6), 500), Rate(date(2030, 5, 7), 9_000)))
    match = judge(WANTED, MARKETPLACE, candidate(own), NOON).match
    assert (match.commission_basis_points, match.commission_since) == (500, date(2030, 5, 6))


def rule(starts: str, minutes: int, recurs: str | None = None) -> TimeRule:
    return TimeRule(
        starts=starts,
        minutes=minutes,
        time_zone="Europe/Paris",
        rule=recurs,
        left_out=(),
        added=(),
    )


class TestTimes:
    """The slot is at nine in Paris, on a Monday."""

    def free(self, provider: Provider, hours: int = 4) -> bool:
        return is_free_once(provider, SLOT, SLOT + hours * HOUR)

    def test_who_says_nothing_works_at_any_time(self) -> None:
        assert self.free(Provider("eclat"))

    def test_an_arrival_window_fits_into_what_is_open(self) -> None:
        two = rule("2030-05-13T09:00", 120, "FREQ=WEEKLY;BYDAY=MO")
        assert self.free(Provider("eclat", opening=(two,)))
        assert not self.free(Provider("eclat", opening=(replace(two, minutes=119),)))
        tuesdays = replace(two, rule="FREQ=WEEKLY;BYDAY=TU")
        assert not self.free(Provider("eclat", opening=(tuesdays,)))

    def test_what_is_closed_or_busy_leaves_a_window_or_none(self) -> None:
        morning = rule("2030-05-20T09:00", 4 * 60)
        assert self.free(Provider("eclat", closed=(morning,)))
        assert not self.free(Provider("eclat", closed=(replace(morning, minutes=4 * 60 + 1),)))
        whole = replace(morning, minutes=6 * 60)
        assert not self.free(Provider("eclat", busy=(whole,)))
        gap = (rule("2030-05-20T09:00", 60), rule("2030-05-20T12:00", 300))
        assert self.free(Provider("eclat", busy=gap))

    def test_a_window_begins_when_the_customer_wants_it(self) -> None:
        late = rule("2030-05-20T13:00", 120)
        assert self.free(Provider("eclat", opening=(late,)))
        assert not self.free(Provider("eclat", opening=(rule("2030-05-20T13:01", 240),)))

    def test_times_of_the_clock_stay_when_it_is_changed(self) -> None:
        nine = rule("2030-01-07T09:00", 120, "FREQ=WEEKLY;BYDAY=SU")
        before = datetime(2030, 3, 24, 8, 0, tzinfo=UTC)
        after = datetime(2030, 3, 31, 7, 0, tzinfo=UTC)
        provider = Provider("eclat", opening=(nine,))
        for at in (before, after):
            assert is_free_once(provider, at, at)
            assert not is_free_once(provider, at + timedelta(minutes=1), at + HOUR)
