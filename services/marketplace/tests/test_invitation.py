from dataclasses import replace

import pytest

from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationWithdrawn,
    SubjectForgotten,
)
from infra.testing.spec import Spec
from services.marketplace import invitation
from services.marketplace.invitation import (
    AlreadyInvited,
    AlreadyRelated,
    ForgetInvitation,
    InvitationOver,
    InvitationUsed,
    NoSuchInvitation,
    Withdraw,
)
from services.marketplace.tests.make import DAY, LATER, NOON, send, sent, use

given = Spec(invitation.decide, invitation.evolve, invitation.initial).given
END = NOON + 30 * DAY


def used(provider: str = "atelier") -> InvitationAccepted:
    return InvitationAccepted(
        invitation_id="i-1",
        marketplace_id="quartier",
        provider_id=provider,
        relation_id="r-1",
        accepted_by="paul",
        accepted_at=LATER,
        provider_name="Atelier Vert",
        marketplace_name="Quartier Net",
        invited_at=NOON,
        terms_version=2,
        internal_documents=(),
        told_id="olga",
    )


def withdraw(marketplace_id: str = "quartier") -> Withdraw:
    return Withdraw(marketplace_id=marketplace_id, by="olga", at=LATER)


@pytest.mark.requirement("OGU-11", "G-64", "N-22")
def test_somebody_is_invited_for_thirty_days() -> None:
    given().when(send()).records(sent())
    assert sent().expires_at == END


@pytest.mark.requirement("G-64")
def test_an_address_is_not_invited_again_while_its_link_works() -> None:
    soon = send(at=END - DAY, mark="mark-2")
    given(sent()).when(soon).is_rejected(AlreadyInvited(END))
    given(sent()).when(send(at=END, mark="mark-2")).records(sent(at=END, mark="mark-2"))


@pytest.mark.requirement("G-64")
def test_an_invitation_is_sent_again_with_a_new_link_and_the_former_works_no_more() -> None:
    again = send(at=LATER, mark="mark-2", again=True)
    given(sent()).when(again).records(sent(at=LATER, mark="mark-2"))
    history = (sent(), sent(at=LATER, mark="mark-2"))
    given(*history).when(use(mark="mark-1")).is_rejected(NoSuchInvitation())
    given(*history).when(use(mark="mark-2")).records(replace(used(), invited_at=LATER))


@pytest.mark.requirement("G-64")
def test_an_invitation_works_until_its_end() -> None:
    given(sent()).when(use(at=END)).is_rejected(InvitationOver())
    last = END - (LATER - NOON)
    given(sent()).when(use(at=last)).records(replace(used(), accepted_at=last))


@pytest.mark.requirement("G-64")
def test_an_invitation_is_used_once() -> None:
    given(sent(), used()).when(use()).records_nothing()
    given(sent(), used()).when(use(provider="rival")).is_rejected(InvitationUsed())


@pytest.mark.requirement("G-64")
def test_a_provider_of_the_marketplace_is_not_invited_again() -> None:
    again = send(at=LATER, mark="mark-2", again=True, is_related=True)
    given(sent(), used()).when(again).is_rejected(AlreadyRelated())
    left = send(at=LATER, mark="mark-2")
    given(sent(), used()).when(left).records(sent(at=LATER, mark="mark-2"))


def test_an_invitation_is_taken_back_by_who_sent_it() -> None:
    gone = InvitationWithdrawn(
        invitation_id="i-1", marketplace_id="quartier", withdrawn_by="olga", withdrawn_at=LATER
    )
    given(sent()).when(withdraw()).records(gone)
    given(sent(), gone).when(use()).is_rejected(InvitationOver())
    given(sent()).when(withdraw("rival")).is_rejected(NoSuchInvitation())
    given(sent(), used()).when(withdraw()).is_rejected(InvitationUsed())
    given().when(withdraw()).is_rejected(NoSuchInvitation())


def test_an_address_is_forgotten_for_its_marketplace_alone() -> None:
    forgotten = SubjectForgotten(invitation_id="i-1", forgotten_at=LATER)
    mine = ForgetInvitation(invitation_id="i-1", marketplace_id="quartier", at=LATER)
    theirs = ForgetInvitation(invitation_id="i-1", marketplace_id="rival", at=LATER)
    given(sent()).when(mine).records(forgotten)
    given(sent()).when(theirs).is_rejected(NoSuchInvitation())
    given(sent(), forgotten).when(theirs).is_rejected(NoSuchInvitation())
    given(sent(), forgotten).when(use()).is_rejected(NoSuchInvitation())
