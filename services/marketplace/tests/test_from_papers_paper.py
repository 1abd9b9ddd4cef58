from dataclasses import replace

import pytest

from contracts.papers.paper_v1 import PaperAdded, PaperKind
from services.marketplace.provider import ShowDocument
from services.marketplace.reactions.from_papers_paper import react, target
from services.marketplace.tests.make import NOON, TODAY, paper

ADDED = PaperAdded(
    paper_id="atelier:vigilance",
    user_id="paul",
    organisation_id="atelier",
    kind=PaperKind.VIGILANCE,
    file_id="f-1",
    issued_on=TODAY,
    expires_on=None,
    added_by="paul",
    added_at=NOON,
    of_organisation=True,
)


@pytest.mark.requirement("OGU-09")
def test_a_paper_of_an_organisation_is_a_document_of_the_provider() -> None:
    shown = ShowDocument(provider_id="atelier", document=paper(issued_on=TODAY), by="paul", at=NOON)
    assert react(ADDED) == [shown]
    assert target(shown) == "atelier"


def test_the_papers_of_people_are_no_documents_of_a_provider() -> None:
    assert react(replace(ADDED, of_organisation=None)) == []
