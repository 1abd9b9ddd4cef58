"""Which papers wait to be accepted or refused, and which hold?"""

from functools import reduce

import pytest

from infra.consumers.views import OutOfOrder
from services.views.backoffice import papers
from services.views.backoffice.papers import BY_KIND
from services.views.backoffice.papers_to_check import OLDEST, to_check
from services.views.backoffice.tests.make import (
    NOON,
    UNTIL,
    activated,
    invited,
    notice,
    paper_accepted,
    paper_added,
    paper_expired,
    paper_refused,
    signed,
    user_forgotten,
)
from services.views.backoffice.tests.stage import Office, served


def paper_of(*events: papers.Reads) -> papers.Paper:
    empty: papers.Paper | None = None
    row = reduce(papers.project, events, empty)
    assert row is not None
    return row


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
        row = paper_of(paper_added(), paper_accepted(), paper_expired())
        assert (row.status, row.held_file_id) == ("expired", None)

    def test_a_notice_before_its_end_changes_nothing(self) -> None:
        assert not isinstance(notice(), papers.Reads)

    def test_a_newer_version_still_waits_when_the_older_one_ends(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), paper_added("file-2"), paper_expired())
        assert (row.status, row.held_file_id) == ("to_check", None)

    @pytest.mark.parametrize("event", [paper_accepted(), paper_refused(), paper_expired()])
    def test_an_event_before_the_first_version_is_out_of_order(self, event: papers.Reads) -> None:
        with pytest.raises(OutOfOrder):
            paper_of(event)


class TestToCheck:
    @pytest.mark.requirement("HIF-42")
    async def test_papers_wait_to_be_checked_renewals_too(self, office: Office) -> None:
        waiting = to_check("hiflow")
        await office.saw(invited(), activated(), paper_added(), paper_accepted())
        assert await waiting.many(office.pool, OLDEST) == []
        await office.saw(paper_added("file-2"))
        [row] = await waiting.page(office.pool, OLDEST, None, 10)
        assert (row.paper_id, row.file_id) == ("ada:liability_insurance", "file-2")
        assert await waiting.page(office.pool, OLDEST, (NOON, row.paper_id), 10) == []
        assert await to_check("stranger").many(office.pool, OLDEST) == []
        await office.saw(paper_refused("file-2"))
        assert await waiting.many(office.pool, OLDEST) == []

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(invited(), paper_added())
        assert await papers.papers.of("stranger", user_id=["ada"]).many(office.pool, BY_KIND) == []

    async def test_why_a_paper_was_refused_is_forgotten_with_its_user(self, office: Office) -> None:
        await office.saw(invited(), paper_added(), paper_refused())
        await office.saw(user_forgotten())
        [row] = await papers.papers.of("hiflow", user_id=["ada"]).many(office.pool, BY_KIND)
        assert (row.refusal_reason, row.added_at) == ("XXXX", NOON)

    async def test_a_paper_is_shown_as_it_was_sent_last(self, office: Office) -> None:
        await office.saw(paper_added(), paper_refused("file-1"), paper_added("file-2"))
        async with served(office) as api:
            [shown] = await api.items("/papers/to-check", role="logistics")
        assert shown == {
            "paper_id": "ada:liability_insurance",
            "user_id": "ada",
            "kind": "liability_insurance",
            "status": "to_check",
            "file_id": "file-2",
            "issued_on": "2030-05-01",
            "expires_on": "2030-05-10",
            "added_at": "2030-05-01T12:00:00Z",
            "refusal_reason": None,
            "decided_by": None,
            "decided_at": None,
            "holds": False,
            "held_until": None,
            "partner": {
                "name": "",
                "phone": "",
                "record": {"papers_lacking": [], "missions_delivered": 0, "missions_under_way": 0},
            },
        }

    async def test_a_decided_paper_is_shown_with_its_decision(self, office: Office) -> None:
        await office.saw(invited(), signed(), paper_added(), paper_accepted(), paper_added("f-2"))
        await office.saw(paper_refused("f-2"))
        async with served(office) as api:
            [user] = await api.items("/accounts/to-activate", role="logistics")
        [shown] = user["papers"]
        decision = ("status", "refusal_reason", "decided_by", "decided_at", "holds", "held_until")
        assert [shown[name] for name in decision] == [
            "refused",
            "not readable",
            "lea",
            "2030-05-01T13:00:00Z",
            True,
            "2030-05-10",
        ]

    async def test_a_paper_after_its_last_day_does_not_hold(self, office: Office) -> None:
        for last, holds in ((NOON.date(), True), (NOON.date().replace(month=4), False)):
            await office.saw(invited(), signed(), paper_added(expires_on=last))
            await office.saw(paper_accepted(expires_on=last))
            async with served(office) as api:
                [shown] = await api.items("/accounts/to-activate", role="administration")
                assert shown["papers"][0]["holds"] is holds
