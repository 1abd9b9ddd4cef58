"""Whose account waits to be activated, and with which papers?"""

from functools import reduce

import pytest

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import Role, UserEvent
from contracts.papers.paper_v1 import PaperEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice import papers, users
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    HOUR,
    LATER,
    NOON,
    UNTIL,
    activated,
    deactivated,
    invited,
    notice,
    paper_accepted,
    paper_added,
    paper_expired,
    paper_refused,
    profile_changed,
    roles_changed,
    signed,
    user_forgotten,
)


def user_of(*events: UserEvent) -> users.User:
    empty: users.User | None = None
    row = reduce(users.project, events, empty)
    assert row is not None
    return row


def paper_of(*events: PaperEvent) -> papers.Paper:
    empty: papers.Paper | None = None
    row = reduce(papers.project, events, empty)
    assert row is not None
    return row


class TestUser:
    @pytest.mark.requirement("HIF-02")
    def test_a_user_waits_from_the_signed_agreement_until_activated(self) -> None:
        assert user_of(invited()).status == "invited"
        row = user_of(invited(), signed())
        assert (row.status, row.agreement_file_id, row.agreement_recorded_at) == (
            "signed",
            "file-1",
            LATER,
        )
        assert user_of(invited(), signed(), activated()).status == "active"

    def test_another_agreement_does_not_undo_the_activation(self) -> None:
        assert user_of(invited(), signed(), activated(), signed()).status == "active"

    def test_who_is_deactivated_no_longer_waits(self) -> None:
        assert user_of(invited(), signed(), deactivated()).status == "deactivated"

    def test_roles_language_and_phone_are_the_latest(self) -> None:
        row = user_of(invited(), roles_changed(Role.BILLING), profile_changed())
        assert (row.roles, row.language, row.phone) == (("billing",), "en", "+33700000000")

    def test_a_confirmed_address_is_the_address(self) -> None:
        asked = user_v1.EmailChangeRequested(
            user_id="ada",
            organisation_id="hiflow",
            new_email="b@x.example",
            confirmation_link="",
            expires_at=LATER,
            requested_at=NOON,
        )
        assert users.key(asked) is None
        changed = user_v1.EmailChanged(
            user_id="ada", organisation_id="hiflow", email="b@x.example", changed_at=LATER
        )
        assert user_of(invited(), changed).email == "b@x.example"

    def test_of_a_forgotten_user_nothing_personal_is_left(self) -> None:
        row = user_of(invited(), user_forgotten())
        assert (row.name, row.email, row.phone, row.forgotten) == ("", "", None, True)

    @pytest.mark.parametrize("event", [signed(), activated(), deactivated(), user_forgotten()])
    def test_an_event_before_the_invitation_is_out_of_order(self, event: UserEvent) -> None:
        with pytest.raises(OutOfOrder):
            user_of(event)

    @pytest.mark.parametrize("event", [signed(), activated(), deactivated(), profile_changed()])
    def test_seeing_an_event_twice_changes_nothing(self, event: UserEvent) -> None:
        assert user_of(invited(), event, event) == user_of(invited(), event)


class TestPaper:
    @pytest.mark.requirement("HIF-42")
    def test_a_paper_is_to_check_until_decided(self) -> None:
        assert paper_of(paper_added()).status == "to_check"
        row = paper_of(paper_added(), paper_accepted())
        assert (row.status, row.held_file_id, row.held_until) == ("accepted", "file-1", UNTIL)

    def test_what_was_accepted_holds_while_a_newer_version_waits_or_is_refused(self) -> None:
        before = (paper_added(), paper_accepted(), paper_added("file-2"))
        row = paper_of(*before)
        assert (row.status, row.file_id, row.held_file_id) == ("to_check", "file-2", "file-1")
        row = paper_of(*before, paper_refused("file-2"))
        assert (row.status, row.refusal_reason, row.held_file_id) == (
            "refused",
            "not readable",
            "file-1",
        )

    def test_after_its_last_day_it_no_longer_holds(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), notice(), paper_expired())
        assert (row.status, row.held_file_id) == ("expired", None)

    def test_a_newer_version_still_waits_when_the_older_one_ends(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), paper_added("file-2"), paper_expired())
        assert (row.status, row.held_file_id) == ("to_check", None)

    @pytest.mark.parametrize("event", [paper_accepted(), paper_refused(), paper_expired()])
    def test_an_event_before_the_first_version_is_out_of_order(self, event: PaperEvent) -> None:
        with pytest.raises(OutOfOrder):
            paper_of(event)


class TestToActivate:
    async def test_who_has_waited_longest_comes_first(self, office: Office) -> None:
        await office.saw(invited("ada"), signed("ada", LATER + HOUR), invited("bob"))
        await office.saw(signed("bob", LATER), invited("eve"), invited("dan"), signed("dan"))
        await office.saw(activated("dan"))
        found = await users.to_activate(office.pool, "hiflow", None, 10)
        assert [user.user_id for user in found] == ["bob", "ada"]
        after = await users.to_activate(office.pool, "hiflow", (LATER, "bob"), 10)
        assert [user.user_id for user in after] == ["ada"]

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(invited(), signed(), paper_added())
        assert await users.to_activate(office.pool, "stranger", None, 10) == []
        assert await papers.papers_of(office.pool, "stranger", ["ada"]) == []

    @pytest.mark.requirement("HIF-42")
    async def test_papers_wait_to_be_checked_renewals_too(self, office: Office) -> None:
        await office.saw(invited(), activated(), paper_added(), paper_accepted())
        assert await papers.to_check(office.pool, "hiflow", None, 10) == []
        await office.saw(paper_added("file-2"))
        [row] = await papers.to_check(office.pool, "hiflow", None, 10)
        assert (row.paper_id, row.file_id) == ("ada:liability_insurance", "file-2")
        assert await papers.to_check(office.pool, "hiflow", (NOON, row.paper_id), 10) == []
        assert await papers.to_check(office.pool, "stranger", None, 10) == []
        await office.saw(paper_refused("file-2"))
        assert await papers.to_check(office.pool, "hiflow", None, 10) == []

    async def test_why_a_paper_was_refused_is_forgotten_with_its_user(self, office: Office) -> None:
        await office.saw(invited(), paper_added(), paper_refused())
        await office.saw(user_forgotten())
        [row] = await papers.papers_of(office.pool, "hiflow", ["ada"])
        assert (row.refusal_reason, row.added_at) == ("XXXX", NOON)
