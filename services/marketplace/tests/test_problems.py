"""The sentences of the rules of marketplaces that say no."""

from typing import get_args

import pytest

from contracts.decisions import Changed
from contracts.providers import DocumentFault, RelationStanding, ServiceStanding
from infra.testing.problems import said_everywhere, told
from services.marketplace import invitation, marketplace, provider, relation, terms
from services.marketplace.http.problems import WORDING, Rejection
from services.marketplace.relation import applying, complaints, ending, offers
from services.marketplace.relation.standings import NotInThisStanding
from services.marketplace.tests.make import NOON, TODAY

REJECTIONS: list[Rejection] = [
    Changed({"seen": ("f-1",)}, {"seen": ("f-2",)}),
    invitation.AlreadyInvited(NOON),
    invitation.AlreadyRelated(),
    invitation.InvitationOver(),
    invitation.InvitationUsed(),
    invitation.NoSuchInvitation(),
    marketplace.CurrencyIsFixed("EUR"),
    marketplace.MarketplaceIsOff(),
    marketplace.NamedTwice("documents", "vigilance"),
    marketplace.NoSuchMarketplace(),
    marketplace.NumberNotPossible("required_proposals", 0, 1, 20),
    marketplace.TermsWerePublished(2),
    marketplace.TooMany(100),
    provider.BirthdayMissing(),
    provider.CompanyNumberMissing(),
    provider.NoSuchProvider(),
    provider.TooManyRules("open", 50),
    relation.IsConnected(),
    relation.NewInvitationNeeded(),
    relation.NoSuchRelation(),
    applying.DocumentsLacking(("vigilance",), (DocumentFault.TOO_OLD,)),
    applying.OtherInternalDocumentsHold(),
    applying.OtherTermsHold(3),
    complaints.ComplaintWaits("z-1"),
    complaints.NoSuchComplaint(),
    complaints.NothingToComplainOf(),
    ending.ContractsInTheWay(("c-1", "c-2")),
    ending.EndIsAnnounced(TODAY),
    ending.JobsInTheWay(("j-1", "j-2")),
    offers.NoSuchService("windows"),
    offers.ServiceNotInThisStanding(ServiceStanding.PENDING),
    offers.TooManyServices(500),
    NotInThisStanding(RelationStanding.CONNECTED),
    terms.DayIsPast(TODAY, TODAY),
    terms.RateNotPossible(10_001, 10_000),
    terms.TextMissing("explanation"),
    terms.TextTooLong("explanation", 2_001, 2_000),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (404, 409, 410, 412, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
