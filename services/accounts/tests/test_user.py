from dataclasses import replace

import pytest

from contracts.accounts.user_v1 import PasswordMeans, Role, UserEvent
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.terms import HORIZON, DayNotPossible
from services.accounts.tests.make import (
    ADMIN,
    DAY,
    DRIVER,
    LATER,
    TODAY,
    activate,
    activated,
    change_licence,
    change_profile,
    change_roles,
    deactivate,
    deactivated,
    end_sessions,
    enrol,
    enrolled,
    forget,
    forgotten,
    invite,
    invited,
    licence_changed,
    password_set,
    profile_changed,
    record_agreement,
    remove_totp,
    request_reset,
    reset_requested,
    roles_changed,
    sessions_ended,
    set_password,
    sign_in,
    signed,
    signed_in,
    totp_removed,
)
from services.accounts.user import (
    AgreementMissing,
    Command,
    LastAdministrator,
    NoSuchUser,
    RolesMissing,
    UserIdTaken,
    UserIsForgotten,
)
from services.accounts.user.sign_in import NotActive, SecondFactorMissing, granted

given = Spec(user.decide, user.evolve, user.initial).given
ACTIVE: tuple[UserEvent, ...] = (invited(), signed(), activated())
ADMINISTRATOR: tuple[UserEvent, ...] = (invited(ADMIN), activated(ADMIN))


SIGNING: list[Command] = [request_reset(), set_password(), enrol(), remove_totp(), sign_in()]
ON_AN_ACCOUNT: list[Command] = [
    record_agreement(),
    change_profile(),
    change_licence(),
    activate(),
    deactivate(),
    change_roles(Role.ANALYST),
    end_sessions(),
    *SIGNING,
]


class TestInvite:
    def test_an_account_is_made(self) -> None:
        given().when(invite()).records(invited())

    def test_the_same_invitation_sent_again_is_no_news(self) -> None:
        given(*ACTIVE).when(invite(by="max", at=LATER)).records_nothing()

    def test_each_role_is_recorded_once(self) -> None:
        twice = invite(roles=(Role.ANALYST, Role.DRIVER, Role.ANALYST))
        given().when(twice).records(invited(roles=(Role.DRIVER, Role.ANALYST)))

    def test_an_id_names_one_user(self) -> None:
        taken = UserIdTaken("ada")
        given(invited()).when(invite(email="other@example.org")).is_rejected(taken)
        given(invited()).when(invite(organisation="rival")).is_rejected(taken)
        given(invited(), forgotten()).when(invite(organisation="rival")).is_rejected(taken)

    def test_nobody_is_invited_for_nothing(self) -> None:
        given().when(invite(roles=())).is_rejected(RolesMissing())

    def test_a_forgotten_user_does_not_come_back(self) -> None:
        given(invited(), forgotten()).when(invite()).is_rejected(UserIsForgotten())


class TestWhose:
    @pytest.mark.parametrize("command", ON_AN_ACCOUNT, ids=lambda c: type(c).__name__)
    def test_nobody_is_asked_about_whom_there_is_not(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchUser())

    @pytest.mark.requirement("G-01")
    @pytest.mark.parametrize("command", ON_AN_ACCOUNT, ids=lambda c: type(c).__name__)
    def test_another_organisation_has_no_such_user(self, command: Command) -> None:
        theirs = invited(organisation="rival")
        given(theirs).when(command).is_rejected(NoSuchUser())

    @pytest.mark.parametrize("command", ON_AN_ACCOUNT, ids=lambda c: type(c).__name__)
    def test_nothing_is_recorded_about_the_forgotten(self, command: Command) -> None:
        given(*ACTIVE, forgotten()).when(command).is_rejected(UserIsForgotten())

    def test_a_user_is_forgotten_once(self) -> None:
        given(*ACTIVE).when(forget()).records(forgotten())


class TestActivation:
    @pytest.mark.requirement("HIF-02")
    def test_a_driver_is_not_activated_before_the_agreement_is_signed(self) -> None:
        given(invited()).when(activate()).is_rejected(AgreementMissing())

    @pytest.mark.requirement("HIF-02", "HIF-03")
    def test_a_driver_is_activated_with_what_the_mail_needs(self) -> None:
        given(invited(), signed()).when(activate()).records(activated())

    def test_staff_signs_no_service_agreement(self) -> None:
        given(invited(ADMIN)).when(activate()).records(activated(ADMIN))

    def test_a_deactivated_user_may_come_back(self) -> None:
        given(*ACTIVE, deactivated()).when(activate()).records(activated())

    def test_a_mail_is_in_the_language_last_chosen(self) -> None:
        told = profile_changed(language="de")
        again = replace(activated(language="de"), phone=told.phone)
        given(*ACTIVE, told, deactivated()).when(activate()).records(again)

    @pytest.mark.requirement("HIF-02")
    def test_an_agreement_is_signed_today_at_the_latest(self) -> None:
        given(invited()).when(record_agreement(TODAY)).records(signed(TODAY))
        late = DayNotPossible("signed_on", TODAY + DAY, TODAY - HORIZON, TODAY)
        given(invited()).when(record_agreement(TODAY + DAY)).is_rejected(late)

    def test_an_agreement_is_not_older_than_a_working_life(self) -> None:
        first = TODAY - HORIZON
        given(invited()).when(record_agreement(first)).records(signed(first))
        early = DayNotPossible("signed_on", first - DAY, first, TODAY)
        given(invited()).when(record_agreement(first - DAY)).is_rejected(early)


class TestDeactivation:
    def test_a_user_is_deactivated(self) -> None:
        given(*ACTIVE).when(deactivate()).records(deactivated())

    def test_an_invitation_may_be_taken_back(self) -> None:
        given(invited()).when(deactivate()).records(deactivated())

    def test_the_last_administrator_stays(self) -> None:
        given(*ADMINISTRATOR).when(deactivate(others=0)).is_rejected(LastAdministrator())
        given(*ADMINISTRATOR).when(deactivate(others=1)).records(deactivated())

    def test_who_is_no_administrator_is_not_the_last_one(self) -> None:
        given(*ACTIVE).when(deactivate(others=0)).records(deactivated())

    @pytest.mark.parametrize("command", SIGNING, ids=lambda c: type(c).__name__)
    def test_nobody_signs_in_before_and_after(self, command: Command) -> None:
        given(invited()).when(command).is_rejected(NotActive())
        given(*ACTIVE, deactivated()).when(command).is_rejected(NotActive())

    def test_sessions_may_be_ended_whoever_has_them(self) -> None:
        given(*ACTIVE, deactivated()).when(end_sessions()).records(sessions_ended())


class TestRoles:
    def test_a_user_gets_other_roles(self) -> None:
        wanted = (Role.LOGISTICS, Role.ANALYST)
        changed = roles_changed(*wanted)
        given(*ADMINISTRATOR).when(change_roles(*wanted)).records(changed)

    def test_the_same_roles_are_no_news(self) -> None:
        given(*ACTIVE).when(change_roles(*DRIVER)).records_nothing()

    def test_somebody_without_a_role_is_to_be_deactivated(self) -> None:
        given(*ACTIVE).when(change_roles()).is_rejected(RolesMissing())

    def test_the_last_administrator_remains_one(self) -> None:
        lesser = change_roles(Role.ANALYST, others=0)
        given(*ADMINISTRATOR).when(lesser).is_rejected(LastAdministrator())
        more = change_roles(Role.ADMINISTRATION, Role.ANALYST, others=0)
        changed = roles_changed(Role.ADMINISTRATION, Role.ANALYST)
        given(*ADMINISTRATOR).when(more).records(changed)

    @pytest.mark.requirement("HIF-02")
    def test_nobody_becomes_a_driver_without_an_agreement(self) -> None:
        both = change_roles(Role.DRIVER, Role.ADMINISTRATION)
        given(*ADMINISTRATOR).when(both).is_rejected(AgreementMissing())
        changed = roles_changed(Role.DRIVER, Role.ADMINISTRATION)
        given(*ADMINISTRATOR, signed()).when(both).records(changed)


class TestTelling:
    @pytest.mark.requirement("HIF-39")
    def test_a_profile_is_what_was_told_last(self) -> None:
        without = profile_changed(phone=None)
        given(*ACTIVE, profile_changed()).when(change_profile(phone=None)).records(without)

    @pytest.mark.requirement("HIF-40")
    def test_a_licence_is_what_was_told_last(self) -> None:
        other = licence_changed(TODAY - DAY, TODAY)
        given(*ACTIVE, licence_changed()).when(change_licence(TODAY - DAY, TODAY)).records(other)

    def test_what_was_told_before_is_no_news(self) -> None:
        history = (*ACTIVE, profile_changed(), licence_changed())
        for again in (
            record_agreement(at=LATER),
            change_profile(at=LATER),
            change_licence(at=LATER),
        ):
            given(*history).when(again).records_nothing()

    @pytest.mark.parametrize(
        "command", [change_profile(), change_licence()], ids=lambda c: type(c).__name__
    )
    def test_only_active_users_keep_a_profile(self, command: Command) -> None:
        given(invited()).when(command).is_rejected(NotActive())
        given(*ACTIVE, deactivated()).when(command).is_rejected(NotActive())

    @pytest.mark.requirement("HIF-40")
    def test_a_licence_holds_today(self) -> None:
        ends_today = licence_changed(expires_on=TODAY)
        given(*ACTIVE).when(change_licence(expires_on=TODAY)).records(ends_today)
        over = DayNotPossible("expires_on", TODAY - DAY, TODAY, TODAY + HORIZON)
        given(*ACTIVE).when(change_licence(expires_on=TODAY - DAY)).is_rejected(over)

    def test_a_licence_was_issued_today_at_the_latest(self) -> None:
        late = DayNotPossible("issued_on", TODAY + DAY, TODAY - HORIZON, TODAY)
        given(*ACTIVE).when(change_licence(TODAY + DAY)).is_rejected(late)


class TestSigning:
    @pytest.mark.requirement("HIF-04")
    def test_a_link_goes_to_the_address_of_the_user(self) -> None:
        given(*ACTIVE).when(request_reset()).records(reset_requested())

    @pytest.mark.requirement("HIF-04")
    def test_another_link_may_be_asked_for(self) -> None:
        another = reset_requested(at=LATER)
        given(*ACTIVE, reset_requested()).when(request_reset(at=LATER)).records(another)

    @pytest.mark.parametrize("means", list(PasswordMeans))
    def test_a_password_is_set(self, means: PasswordMeans) -> None:
        given(*ACTIVE).when(set_password(means)).records(password_set(means))

    def test_a_session_begins_and_ends(self) -> None:
        given(*ACTIVE).when(sign_in()).records(signed_in())
        history = (*ACTIVE, signed_in())
        given(*history).when(end_sessions("s-1")).records(sessions_ended("s-1"))

    def test_who_has_a_second_factor_shows_it(self) -> None:
        history = (*ACTIVE, enrolled())
        given(*history).when(sign_in()).is_rejected(SecondFactorMissing())
        given(*history).when(sign_in(proven=True)).records(signed_in(proven=True))

    def test_a_second_factor_comes_and_goes(self) -> None:
        given(*ACTIVE).when(enrol()).records(enrolled())
        given(*ACTIVE, enrolled()).when(remove_totp()).records(totp_removed())
        given(*ACTIVE, enrolled(), totp_removed()).when(sign_in()).records(signed_in())

    def test_guarded_roles_need_a_second_factor(self) -> None:
        roles = frozenset({Role.BILLING, Role.LOGISTICS})
        assert granted(roles, with_second_factor=False) == {"logistics", "enrolling"}
        assert granted(roles, with_second_factor=True) == {"logistics", "billing"}
        assert granted(frozenset(DRIVER), with_second_factor=False) == {"driver"}
