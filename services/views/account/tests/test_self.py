"""Users see their own profile, and which of their papers hold."""

from functools import reduce

import pytest

from contracts.accounts import user_v1 as user
from infra.consumers.views import OutOfOrder
from services.views.account import papers, profile
from services.views.account.tests.make import (
    DAY,
    NOON,
    TODAY,
    UNTIL,
    activated,
    deactivated,
    enrolled,
    factor_removed,
    forgotten,
    invited,
    licence_changed,
    noticed,
    paper_accepted,
    paper_added,
    paper_expired,
    paper_refused,
    profile_changed,
    roles_changed,
    signed,
)
from services.views.account.tests.stage import Mine


def profile_of(*events: profile.Reads) -> profile.Profile:
    empty: profile.Profile | None = None
    row = reduce(profile.project, events, empty)
    assert row is not None
    return row


def paper_of(*events: papers.Reads) -> papers.Paper:
    empty: papers.Paper | None = None
    row = reduce(papers.project, events, empty)
    assert row is not None
    return row


class TestProfile:
    @pytest.mark.requirement("HIF-02")
    def test_its_status_goes_from_the_invitation_to_the_end(self) -> None:
        events: list[profile.Reads] = [invited(), signed(), activated(), deactivated()]
        statuses = [profile_of(*events[:n]).status for n in range(1, 5)]
        assert statuses == ["invited", "signed", "active", "deactivated"]
        assert profile_of(invited(), signed(), activated(), signed()).status == "active"

    @pytest.mark.requirement("HIF-39")
    def test_a_confirmed_address_is_the_address(self) -> None:
        changed = user.EmailChanged(
            user_id="ada", organisation_id="hiflow", email="b@x.example", changed_at=NOON
        )
        assert profile_of(invited(), changed).email == "b@x.example"

    @pytest.mark.requirement("HIF-39", "HIF-40")
    def test_profile_and_licence_are_the_latest(self) -> None:
        row = profile_of(invited(), profile_changed(), licence_changed(), roles_changed())
        assert (row.phone, row.photo_file_id, row.city) == ("+33612345678", "photo-1", "Paris")
        assert (row.licence_number, row.licence_expires_on) == ("12AB34567", UNTIL)
        assert (row.language, row.roles) == ("en", ("logistics",))

    def test_a_second_factor_is_there_until_removed(self) -> None:
        assert profile_of(invited(), enrolled()).second_factor
        assert not profile_of(invited(), enrolled(), factor_removed()).second_factor

    def test_of_a_forgotten_user_nothing_personal_is_left(self) -> None:
        row = profile_of(invited(), profile_changed(), licence_changed(), forgotten())
        left = {row.name, row.email, row.phone, row.street, row.city, row.licence_number}
        assert left <= {"", None}

    @pytest.mark.parametrize("event", [signed(), activated(), profile_changed(), forgotten()])
    def test_an_event_before_the_invitation_is_out_of_order(self, event: profile.Reads) -> None:
        with pytest.raises(OutOfOrder):
            profile_of(event)

    @pytest.mark.parametrize("event", [signed(), profile_changed(), licence_changed()])
    def test_seeing_an_event_twice_changes_nothing(self, event: profile.Reads) -> None:
        assert profile_of(invited(), event, event) == profile_of(invited(), event)


class TestPaper:
    @pytest.mark.requirement("HIF-42")
    def test_what_was_accepted_holds_through_its_last_day(self) -> None:
        row = paper_of(paper_added(), paper_accepted())
        assert (row.holds(UNTIL), row.holds(UNTIL + DAY)) == (True, False)
        assert paper_of(paper_added(expires_on=None), paper_accepted(None)).holds(UNTIL + DAY)

    def test_it_holds_while_a_newer_version_waits_or_is_refused(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), paper_added("file-2"))
        assert (row.status, row.file_id, row.held_file_id) == ("to_check", "file-2", "file-1")
        row = papers.project(row, paper_refused())
        assert (row.status, row.refusal_reason, row.holds(TODAY)) == (
            "refused",
            "not readable",
            True,
        )

    def test_a_paper_nobody_accepted_does_not_hold(self) -> None:
        assert not paper_of(paper_added()).holds(TODAY)
        assert not paper_of(paper_added(), paper_accepted(), paper_expired()).holds(TODAY)

    @pytest.mark.parametrize("event", [paper_accepted(), paper_refused(), paper_expired()])
    def test_an_event_before_the_first_version_is_out_of_order(self, event: papers.Reads) -> None:
        with pytest.raises(OutOfOrder):
            paper_of(event)


async def test_a_notice_changes_nothing(mine: Mine) -> None:
    await mine.saw(paper_added(), paper_accepted(), noticed())
    [row] = await papers.papers.of("hiflow", user_id="ada").many(mine.pool, papers.BY_KIND)
    assert row == paper_of(paper_added(), paper_accepted())


async def test_why_a_paper_was_refused_is_forgotten_with_its_user(mine: Mine) -> None:
    await mine.saw(invited(), paper_added("file-2"), paper_refused())
    await mine.saw(forgotten())
    [row] = await papers.papers.of("hiflow", user_id="ada").many(mine.pool, papers.BY_KIND)
    assert row.refusal_reason == "XXXX"
