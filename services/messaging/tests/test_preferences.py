"""Where people are reached, and what they choose."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.messaging.preferences_v1 import Immediacy, QuietHours
from infra.testing.spec import Spec
from services.messaging import preferences
from services.messaging.preferences import (
    CellNamedTwice,
    ChangeAddress,
    ChangeNumber,
    NoSuchRecipient,
    NoSuchTimeZone,
    QuietHoursNotPossible,
    Recipient,
    evolve,
    initial,
)
from services.messaging.tests.make import (
    EMAIL,
    LATER,
    MONEY,
    NOON,
    QUOTES,
    SMS,
    cell,
    change_reach,
    choose,
    chosen,
    contact,
    forget,
    forgotten,
    meet,
    notices_read,
    read_notices,
)

given = Spec(preferences.decide, preferences.evolve, preferences.initial).given
PHONE = "+33612345678"
MOMENT = timedelta(microseconds=1)


def test_an_account_says_where_its_owner_is_reached() -> None:
    given().when(meet(phone=PHONE)).records(contact(phone=PHONE))


@pytest.mark.requirement("G-21")
def test_who_has_no_address_is_reached_by_phone_at_once() -> None:
    by_phone = replace(contact(phone=PHONE), email=None)
    given().when(replace(meet(phone=PHONE), email=None)).records(by_phone)
    given(by_phone).when(change_reach(None, contact().language)).records_nothing()
    person = evolve(initial, by_phone)
    assert isinstance(person, Recipient)
    chosen_by_default = [person.immediacy(QUOTES, channel) for channel in (SMS, EMAIL)]
    assert chosen_by_default == [Immediacy.NOW, Immediacy.NEVER]


def test_an_activation_without_a_phone_keeps_the_one_known() -> None:
    given(contact(phone=PHONE)).when(meet()).records_nothing()


def test_another_address_is_recorded_and_the_former_one_remembered() -> None:
    moved = contact("ada@new.example", at=LATER)
    given(contact()).when(meet("ada@new.example", at=LATER)).records(moved)
    person = evolve(evolve(initial, contact()), moved)
    assert isinstance(person, Recipient)
    assert person.former == ((EMAIL, "ada@example.org"),)


def test_a_confirmed_address_takes_the_place_of_the_one_known() -> None:
    moved = contact("ada@new.example", at=LATER)
    confirm = ChangeAddress(user_id="ada", email="ada@new.example", at=LATER)
    given(contact()).when(confirm).records(moved)
    given().when(confirm).records_nothing()


def test_a_confirmed_number_is_where_text_messages_go() -> None:
    confirm = ChangeNumber(user_id="ada", phone="+212662345678", at=LATER)
    moved = replace(contact(phone=PHONE), phone="+212662345678", changed_at=LATER)
    given(contact(phone=PHONE)).when(confirm).records(moved)
    given().when(confirm).records_nothing()


def test_an_address_that_is_used_again_is_no_former_one() -> None:
    person = evolve(evolve(evolve(initial, contact()), contact("b@x.example")), contact())
    assert isinstance(person, Recipient)
    assert person.former == ((EMAIL, "b@x.example"),)


def test_a_profile_without_a_phone_takes_the_phone_away() -> None:
    known = contact(phone=PHONE)
    given(known).when(change_reach()).records(contact(at=LATER))
    given(known).when(change_reach(PHONE)).records_nothing()


def test_a_profile_of_nobody_we_know_changes_nothing() -> None:
    given().when(change_reach(PHONE)).records_nothing()


@pytest.mark.requirement("HIF-41")
def test_somebody_chooses_what_reaches_them() -> None:
    never = cell(Immediacy.NEVER)
    given(contact()).when(choose(never)).records(chosen(never))


@pytest.mark.requirement("HIF-41")
def test_choosing_nothing_brings_the_defaults_back() -> None:
    given(contact(), chosen(cell(Immediacy.NEVER))).when(choose()).records(chosen())


def test_somebody_we_do_not_know_cannot_choose() -> None:
    given().when(choose()).is_rejected(NoSuchRecipient())
    given(contact(), forgotten()).when(choose()).is_rejected(NoSuchRecipient())


def test_somebody_known_to_another_organisation_cannot_choose_here() -> None:
    given(contact()).when(choose(organisation="stranger")).is_rejected(NoSuchRecipient())


def test_a_cell_cannot_be_chosen_twice() -> None:
    twice = (cell(Immediacy.NOW), cell(Immediacy.DAILY))
    given(contact()).when(choose(*twice)).is_rejected(CellNamedTwice(topic=QUOTES, channel=EMAIL))
    other = (cell(Immediacy.NOW), cell(Immediacy.DAILY, channel=SMS))
    given(contact()).when(choose(*other)).records(chosen(*other))


@pytest.mark.parametrize(("begin", "end"), [(0, 1439), (1320, 420), (1439, 0)])
def test_quiet_hours_are_minutes_of_a_day(begin: int, end: int) -> None:
    quiet = QuietHours(from_minute=begin, until_minute=end)
    given(contact()).when(choose(quiet=quiet)).records(chosen(quiet=quiet))


@pytest.mark.parametrize(("begin", "end"), [(60, 60), (-1, 60), (0, 1440)])
def test_quiet_hours_that_no_day_has_are_refused(begin: int, end: int) -> None:
    wrong = QuietHoursNotPossible(from_minute=begin, until_minute=end)
    given(contact()).when(
        choose(quiet=QuietHours(from_minute=begin, until_minute=end))
    ).is_rejected(wrong)


def test_a_time_zone_exists() -> None:
    given(contact()).when(choose(zone="Africa/Casablanca")).records(
        chosen(zone="Africa/Casablanca")
    )
    given(contact()).when(choose(zone="Mars/Base")).is_rejected(NoSuchTimeZone("Mars/Base"))


def test_by_default_everything_comes_by_mail_at_once() -> None:
    person = evolve(initial, contact())
    assert isinstance(person, Recipient)
    assert person.immediacy(QUOTES, EMAIL) is Immediacy.NOW
    assert person.immediacy(MONEY, SMS) is Immediacy.NEVER


def test_somebody_forgotten_stays_forgotten() -> None:
    given(contact()).when(forget()).records(forgotten())
    given(contact(), forgotten()).when(meet()).records_nothing()
    given(contact(), forgotten()).when(change_reach(PHONE)).records_nothing()


@pytest.mark.requirement("EXX-30", "N-07")
def test_notices_are_read_until_the_newest_that_was_seen() -> None:
    given(contact()).when(read_notices(NOON)).records(notices_read(NOON))
    further = NOON + MOMENT
    given(contact(), notices_read(NOON)).when(read_notices(further)).records(notices_read(further))


@pytest.mark.requirement("EXX-30")
@pytest.mark.parametrize("late", [timedelta(0), MOMENT])
def test_a_late_word_makes_no_read_notice_unread(late: timedelta) -> None:
    given(contact(), notices_read(NOON)).when(read_notices(NOON - late)).records_nothing()


@pytest.mark.requirement("EXX-30")
@pytest.mark.parametrize("ahead", [timedelta(0), MOMENT])
def test_a_notice_that_is_yet_to_be_sent_is_read_by_nobody(ahead: timedelta) -> None:
    given(contact()).when(read_notices(LATER + ahead)).records(notices_read(LATER))


@pytest.mark.requirement("EXX-30", "G-01")
def test_notices_are_read_by_somebody_known_in_their_organisation() -> None:
    given().when(read_notices(NOON)).is_rejected(NoSuchRecipient())
    given(contact(), notices_read(NOON), forgotten()).when(read_notices(LATER)).is_rejected(
        NoSuchRecipient()
    )
    stranger = read_notices(NOON, organisation="stranger")
    given(contact()).when(stranger).is_rejected(NoSuchRecipient())


def test_what_nobody_read_is_no_news_of_them() -> None:
    assert evolve(initial, notices_read(NOON)) == initial
