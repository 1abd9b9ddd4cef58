"""Accepted papers admit a driver to new work, expired ones end that."""

from datetime import date

import pytest

from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperEvent,
    PaperExpired,
    PaperKind,
    PaperRefused,
)
from services.missions.clearance import HoldPaper, LapsePaper
from services.missions.reactions.from_papers_paper import Reads, react, target
from services.missions.tests.make import LATER, NOON, TODAY

END = date(2030, 12, 31)


def accepted(until: date | None = END) -> PaperAccepted:
    return PaperAccepted(
        paper_id="ada:driving_licence",
        user_id="ada",
        organisation_id="hiflow",
        kind=PaperKind.DRIVING_LICENCE,
        file_id="f-1",
        expires_on=until,
        time_zone="Europe/Paris",
        accepted_by="bo",
        accepted_at=NOON,
    )


def test_an_accepted_paper_is_passed_on() -> None:
    assert react(accepted()) == [
        HoldPaper(
            driver_id="ada",
            organisation_id="hiflow",
            kind="driving_licence",
            valid_until=END,
            at=NOON,
        )
    ]


def test_an_expired_paper_is_passed_on() -> None:
    ended = PaperExpired(
        paper_id="ada:driving_licence",
        user_id="ada",
        organisation_id="hiflow",
        kind=PaperKind.DRIVING_LICENCE,
        expires_on=END,
        expired_at=LATER,
    )
    assert react(ended) == [
        LapsePaper(
            driver_id="ada",
            organisation_id="hiflow",
            kind="driving_licence",
            valid_until=END,
            at=LATER,
        )
    ]


@pytest.mark.parametrize(
    "event",
    [
        PaperAdded(
            paper_id="p",
            user_id="ada",
            organisation_id="hiflow",
            kind=PaperKind.DRIVING_LICENCE,
            file_id="f-1",
            of_organisation=None,
            issued_on=TODAY,
            expires_on=END,
            added_by="ada",
            added_at=NOON,
        ),
        PaperRefused(
            paper_id="p",
            user_id="ada",
            organisation_id="hiflow",
            kind=PaperKind.DRIVING_LICENCE,
            file_id="f-1",
            reason="unreadable",
            refused_by="bo",
            refused_at=NOON,
        ),
        ExpiryNoticeGiven(
            paper_id="p",
            user_id="ada",
            organisation_id="hiflow",
            kind=PaperKind.DRIVING_LICENCE,
            expires_on=END,
            days=30,
            noticed_at=NOON,
        ),
    ],
)
def test_what_changes_no_accepted_paper_changes_nothing(event: PaperEvent) -> None:
    assert not isinstance(event, Reads)


def test_the_command_goes_to_the_driver() -> None:
    assert [target(command) for command in react(accepted())] == ["ada"]
