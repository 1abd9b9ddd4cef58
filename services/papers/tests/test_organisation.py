"""Papers of organisations: shown by somebody of theirs, and judged by who relies on them."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.papers.paper_v1 import PaperAccepted, PaperAdded, PaperKind
from infra.testing.spec import Spec
from services.papers import paper
from services.papers.paper import ShowForOrganisation
from services.papers.terms import DayNotPossible
from services.papers.tests.make import DAY, LAST, NOON, TODAY

given = Spec(paper.decide, paper.evolve, paper.initial).given
SHOW = ShowForOrganisation(
    organisation_id="atelier",
    kind=PaperKind.VIGILANCE,
    file_id="f-1",
    issued_on=TODAY,
    expires_on=None,
    time_zone="Europe/Paris",
    by="paul",
    today=TODAY,
    at=NOON,
)


def facts(expires_on: date | None = None) -> tuple[PaperAdded, PaperAccepted]:
    added = PaperAdded(
        paper_id="atelier:vigilance",
        user_id="paul",
        organisation_id="atelier",
        kind=PaperKind.VIGILANCE,
        file_id="f-1",
        issued_on=TODAY,
        expires_on=expires_on,
        added_by="paul",
        added_at=NOON,
        of_organisation=True,
    )
    accepted = PaperAccepted(
        paper_id="atelier:vigilance",
        user_id="paul",
        organisation_id="atelier",
        kind=PaperKind.VIGILANCE,
        file_id="f-1",
        expires_on=expires_on,
        time_zone="Europe/Paris",
        accepted_by="paul",
        accepted_at=NOON,
    )
    return added, accepted


@pytest.mark.requirement("OGU-09")
def test_a_paper_of_an_organisation_counts_at_once_and_needs_no_last_day() -> None:
    given().when(SHOW).records(*facts())
    given().when(replace(SHOW, expires_on=LAST)).records(*facts(LAST))


def test_a_paper_of_tomorrow_is_not_shown_and_one_that_has_ended_neither() -> None:
    tomorrow = replace(SHOW, issued_on=TODAY + DAY)
    assert isinstance(given().answer(tomorrow), DayNotPossible)
    ended = replace(SHOW, expires_on=TODAY - DAY)
    assert isinstance(given().answer(ended), DayNotPossible)
