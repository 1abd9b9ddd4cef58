"""The rules of dealerships, and how they work with each brand."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from contracts.common_v1 import Money
from contracts.dealers import NO_LIMITS, NOTHING_SAID, Effective, Mode, effective
from contracts.dealerships.dealership_v1 import (
    CaseNotice,
    CaseNotices,
    DealershipEvent,
    Licence,
    MediaLimits,
    Module,
    Modules,
    Premises,
    Settings,
)
from infra.testing.spec import Spec
from services.dealerships import dealership
from services.dealerships.dealership import (
    AddressNamedTwice,
    BrandIsThere,
    Command,
    DealershipIsForgotten,
    DealershipIsOpen,
    NoSuchBrand,
    NoSuchDealership,
    Open,
    OtherCurrency,
    VideoLongerThanAll,
)
from services.dealerships.tests.make import (
    LAKE,
    SITE,
    add_brand,
    addresses_changed,
    brand_added,
    change_addresses,
    change_licences,
    change_settings,
    dealership_forgotten,
    dealership_opened,
    forget_dealership,
    licences_changed,
    limits,
    open_dealership,
    overridden,
    override,
    settings_changed,
)

given = Spec(dealership.decide, dealership.evolve, dealership.initial).given
OPENED = dealership_opened()
BOTH = (OPENED, brand_added())
USUAL = Effective(
    brand=None,
    dealership_name="Lake",
    website=None,
    booking_link=None,
    premises=None,
    country="FR",
    default_language="fr",
    vat_basis_points=2_000,
    modules=(
        Module.MECHANICAL,
        Module.BODYWORK,
        Module.WARRANTY,
        Module.USED_VEHICLE_STOCK,
        Module.DIRECT_MESSAGE,
    ),
    after_sales_direct_send=False,
    sales_direct_send=False,
    sales_representative_notified=False,
    notices=tuple(CaseNotice),
    photos=50,
    video_seconds=300,
    videos_seconds=600,
    code_above=None,
    link_days=None,
    statistics_shared=False,
    default_checklist_id=None,
    reminders_allowed=False,
    reminders_automatic=False,
    reminder_lead_days=10,
    reminder_grouping_days=31,
    reminder_follow_up_days=7,
    colour=None,
    visit_question_allowed=True,
    default_after_sales_message_id=None,
    default_sales_message_id=None,
)
EVERYTHING = Settings(
    dealership_name="Opel Lake",
    website="https://opel.example",
    booking_link="https://opel.example/book",
    premises=Premises(line="1 quai", postcode="74000", city="Annecy"),
    country="CH",
    default_language="de",
    vat_basis_points=0,
    modules=Modules((Module.WORK_REPORT,)),
    after_sales_direct_send=True,
    sales_direct_send=True,
    sales_representative_notified=True,
    notices=CaseNotices(()),
    media=limits(10, 20, 30),
    code_above=Money(0, "EUR"),
    link_days=7,
    statistics_shared=True,
    default_checklist_id="c-1",
    reminders_allowed=True,
    reminders_automatic=True,
    reminder_lead_days=1,
    reminder_grouping_days=0,
    reminder_follow_up_days=3,
    colour="9c1c2e",
    visit_question_allowed=False,
    default_after_sales_message_id="m-1",
    default_sales_message_id="m-2",
)
AS_SAID = Effective(
    brand="opel",
    dealership_name="Opel Lake",
    website="https://opel.example",
    booking_link="https://opel.example/book",
    premises=EVERYTHING.premises,
    country="CH",
    default_language="de",
    vat_basis_points=0,
    modules=(Module.WORK_REPORT,),
    after_sales_direct_send=True,
    sales_direct_send=True,
    sales_representative_notified=True,
    notices=(),
    photos=10,
    video_seconds=20,
    videos_seconds=30,
    code_above=Money(0, "EUR"),
    link_days=7,
    statistics_shared=True,
    default_checklist_id="c-1",
    reminders_allowed=True,
    reminders_automatic=True,
    reminder_lead_days=1,
    reminder_grouping_days=0,
    reminder_follow_up_days=3,
    colour="9c1c2e",
    visit_question_allowed=False,
    default_after_sales_message_id="m-1",
    default_sales_message_id="m-2",
)


def working(brand: str | None, *events: DealershipEvent) -> Effective | None:
    state = reduce(dealership.evolve, events, dealership.initial)
    assert isinstance(state, Open)
    return effective(state.dealership, brand)


class TestOpening:
    def test_a_dealership_is_opened_once(self) -> None:
        given().when(open_dealership()).records(OPENED)
        given(OPENED).when(open_dealership()).records_nothing()

    @pytest.mark.requirement("FLB-126")
    def test_what_was_opened_is_changed_by_its_settings_only(self) -> None:
        given(OPENED).when(open_dealership("Hill")).is_rejected(DealershipIsOpen(LAKE))
        given(OPENED, settings_changed()).when(open_dealership()).records_nothing()

    def test_another_organisation_does_not_learn_of_it(self) -> None:
        given(OPENED).when(open_dealership(organisation="other")).is_rejected(NoSuchDealership())


class TestBrands:
    @pytest.mark.requirement("FLB-127")
    def test_a_brand_is_added_once(self) -> None:
        given(OPENED).when(add_brand()).records(brand_added())
        given().when(add_brand()).is_rejected(NoSuchDealership())

    def test_a_brand_has_one_name(self) -> None:
        given(*BOTH).when(add_brand("OPEL")).is_rejected(BrandIsThere("Opel"))


class TestSettings:
    @pytest.mark.requirement("FLB-126", "FLB-127")
    @pytest.mark.parametrize("brand", [None, "peugeot", "opel"])
    def test_they_are_said_all_in_all_and_for_each_brand(self, brand: str | None) -> None:
        given(*BOTH).when(change_settings(brand=brand)).records(settings_changed(brand=brand))

    def test_what_says_nothing_new_is_no_news(self) -> None:
        given(OPENED).when(change_settings(NOTHING_SAID)).records_nothing()

    def test_a_brand_that_is_not_there_has_none(self) -> None:
        given(OPENED).when(change_settings(brand="opel")).is_rejected(NoSuchBrand("opel"))

    def test_another_organisation_changes_none(self) -> None:
        other = change_settings(organisation="other")
        given(OPENED).when(other).is_rejected(NoSuchDealership())

    @pytest.mark.parametrize(("currency", "works"), [("EUR", True), ("CHF", False)])
    def test_codes_are_asked_above_an_amount_of_its_own_currency(
        self, currency: str, works: bool
    ) -> None:
        said = replace(NOTHING_SAID, code_above=Money(50_000, currency))
        outcome = given(OPENED).when(change_settings(said))
        if works:
            outcome.records(settings_changed(said))
        else:
            outcome.is_rejected(OtherCurrency("CHF", "EUR"))

    @pytest.mark.requirement("FLB-059")
    def test_one_video_is_as_long_as_all_of_a_case_at_most(self) -> None:
        longest = replace(NOTHING_SAID, media=limits(video=600))
        given(OPENED).when(change_settings(longest)).records(settings_changed(longest))
        longer = replace(NOTHING_SAID, media=limits(video=601))
        given(OPENED).when(change_settings(longer)).is_rejected(VideoLongerThanAll(601, 600))

    def test_no_brand_is_left_with_a_video_that_is_longer_than_all(self) -> None:
        long = replace(NOTHING_SAID, media=limits(video=500))
        short = replace(NOTHING_SAID, media=limits(video=300, videos=499))
        spec = given(*BOTH, settings_changed(long, "opel"))
        spec.when(change_settings(short)).is_rejected(VideoLongerThanAll(500, 499))


class TestEffective:
    @pytest.mark.requirement("FLB-059", "FLB-131", "G-40", "G-52")
    def test_a_new_dealership_works_as_usual(self) -> None:
        assert working(None, OPENED) == USUAL

    @pytest.mark.requirement("FLB-127")
    def test_each_value_of_a_brand_replaces_that_of_the_dealership(self) -> None:
        found = working("opel", *BOTH, settings_changed(), settings_changed(EVERYTHING, "opel"))
        assert found == AS_SAID

    def test_what_a_brand_does_not_say_is_as_for_the_dealership(self) -> None:
        own = working(None, *BOTH, settings_changed(EVERYTHING))
        assert own is not None
        brand = working("opel", *BOTH, settings_changed(EVERYTHING))
        assert brand == replace(own, brand="opel")

    def test_what_is_said_no_more_is_as_it_was_opened(self) -> None:
        back = (settings_changed(EVERYTHING), settings_changed(NOTHING_SAID))
        assert working(None, OPENED, *back) == USUAL

    def test_a_brand_does_not_touch_another_one(self) -> None:
        said = settings_changed(EVERYTHING, "opel")
        assert working("peugeot", *BOTH, said) == replace(USUAL, brand="peugeot")

    def test_there_is_nothing_for_a_brand_that_is_not_there(self) -> None:
        assert working("opel", OPENED) is None

    @pytest.mark.requirement("FLB-034", "FLB-035")
    @pytest.mark.parametrize(
        ("modules", "modes"),
        [
            ((Module.WARRANTY,), (Mode.AFTER_SALES,)),
            ((Module.WORK_REPORT,), (Mode.AFTER_SALES,)),
            ((Module.USED_VEHICLE_STOCK,), (Mode.SALES,)),
            ((Module.DIRECT_MESSAGE, Module.BODYWORK), (Mode.AFTER_SALES, Mode.SALES)),
        ],
    )
    def test_the_modes_in_use_are_those_of_the_modules(
        self, modules: tuple[Module, ...], modes: tuple[Mode, ...]
    ) -> None:
        assert replace(USUAL, modules=modules).modes == modes

    @pytest.mark.requirement("G-41")
    def test_the_platform_limits_media_whatever_settings_say(self) -> None:
        said = settings_changed(replace(NOTHING_SAID, media=limits(10, 20, 30)), "opel")
        found = working("opel", *BOTH, said, overridden(limits(photos=100)))
        assert found is not None
        assert (found.photos, found.video_seconds, found.videos_seconds) == (100, 20, 30)


class TestAddresses:
    @pytest.mark.requirement("FLB-129")
    def test_the_last_list_counts_whole(self) -> None:
        known = addresses_changed("a@lake.example\nb@lake.example")
        told = change_addresses("a@lake.example", "b@lake.example")
        given(OPENED).when(told).records(known)
        given(OPENED, known).when(change_addresses()).records(addresses_changed(""))

    def test_nobody_is_told_twice(self) -> None:
        twice = change_addresses("a@lake.example", "a@lake.example")
        given(OPENED).when(twice).is_rejected(AddressNamedTwice())

    def test_another_organisation_changes_none(self) -> None:
        other = change_addresses(organisation="other")
        given(OPENED).when(other).is_rejected(NoSuchDealership())

    def test_who_was_told_is_forgotten_and_nobody_follows(self) -> None:
        given(OPENED).when(forget_dealership()).records(dealership_forgotten())
        given(OPENED).when(forget_dealership("other")).is_rejected(NoSuchDealership())
        told = change_addresses("a@lake.example")
        given(OPENED, dealership_forgotten()).when(told).is_rejected(DealershipIsForgotten())


class TestOperator:
    @pytest.mark.requirement("G-79")
    def test_licences_are_those_that_were_said_last(self) -> None:
        both = licences_changed(Licence.CHAT, Licence.ODITOO)
        given(OPENED).when(change_licences(Licence.ODITOO, Licence.CHAT)).records(both)
        given(OPENED, both).when(change_licences()).records(licences_changed())
        given(OPENED).when(change_licences()).records_nothing()

    @pytest.mark.requirement("G-41")
    @pytest.mark.parametrize("media", [limits(1), limits(video=1), limits(videos=300)])
    def test_limits_are_overridden_and_let_go(self, media: MediaLimits) -> None:
        given(OPENED).when(override(media)).records(overridden(media))
        given(OPENED, overridden(media)).when(override()).records(overridden())
        given(OPENED).when(override(NO_LIMITS)).records_nothing()

    def test_limits_that_fit_nothing_are_refused(self) -> None:
        short = limits(videos=299)
        given(OPENED).when(override(short)).is_rejected(VideoLongerThanAll(300, 299))


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(open_dealership, st.sampled_from(["Lake", "Hill"])),
    st.builds(add_brand, st.sampled_from(["Opel", "OPEL"])),
    st.builds(
        change_settings,
        st.sampled_from([SITE, NOTHING_SAID, EVERYTHING]),
        st.sampled_from([None, "opel"]),
    ),
    st.builds(change_addresses, st.sampled_from(["a@lake.example", "b@lake.example"])),
    st.builds(change_licences, st.sampled_from(list(Licence))),
    st.builds(override, st.builds(limits, st.sampled_from([None, 1]))),
    st.builds(forget_dealership),
)


@over(st.lists(COMMANDS, max_size=12))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state = dealership.initial
    for command in sequence:
        answer = dealership.decide(command, state)
        if isinstance(answer, list):
            state = reduce(dealership.evolve, answer, state)
            assert dealership.decide(command, state) == []
