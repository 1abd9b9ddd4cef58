"""A company that signed up elsewhere uses its invitation, and is connected exactly once."""

from dataclasses import replace
from datetime import datetime

import pytest

from contracts.accounts.organisation_v1 import CompanySignedUp
from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationMissed,
    InvitationWithdrawn,
)
from contracts.providers import relation_id
from infra.testing.spec import Spec
from services.marketplace import invitation, relation
from services.marketplace.invitation import AcceptBySignUp
from services.marketplace.reactions import from_accounts_organisation, from_marketplace_invitation
from services.marketplace.tests.make import DAY, LATER, NOON, connected, sent

of_invitation = Spec(invitation.decide, invitation.evolve, invitation.initial).given
of_relation = Spec(relation.decide, relation.evolve, relation.initial).given
ID = relation_id("quartier", "atelier")


def accept(at: datetime = LATER, mark: str = "mark-1") -> AcceptBySignUp:
    """The command that follows from the sign-up of Atelier Vert."""
    signed_up = CompanySignedUp(
        organisation_id="atelier",
        company_name="Atelier Vert",
        user_id="paul",
        user_name="Paul Morin",
        email="paul@atelier.example",
        language="fr",
        marketplace_id="quartier",
        invitation_id="i-1",
        token_mark=mark,
        terms_version=2,
        internal_documents=(),
        signed_up_at=at,
    )
    (command,) = from_accounts_organisation.react(signed_up)
    assert from_accounts_organisation.target(command) == "i-1"
    return command


ACCEPTED = InvitationAccepted(
    invitation_id="i-1",
    marketplace_id="quartier",
    provider_id="atelier",
    relation_id=ID,
    accepted_by="paul",
    accepted_at=LATER,
    provider_name="Atelier Vert",
    marketplace_name="Quartier Net",
    invited_at=NOON,
    terms_version=2,
    internal_documents=(),
    told_id="olga",
)
MISSED = InvitationMissed(
    invitation_id="i-1",
    marketplace_id="quartier",
    marketplace_name="Quartier Net",
    provider_id="atelier",
    told_id="paul",
    missed_at=LATER,
)
WITHDRAWN = InvitationWithdrawn(
    invitation_id="i-1", marketplace_id="quartier", withdrawn_by="olga", withdrawn_at=NOON
)


@pytest.mark.requirement("OGU-11", "G-64", "SM-26")
def test_the_company_uses_the_invitation_to_its_last_instant() -> None:
    of_invitation(sent()).when(accept()).records(ACCEPTED)
    last = NOON + 30 * DAY
    missed = replace(MISSED, missed_at=last)
    of_invitation(sent()).when(accept(at=last)).records(missed)


@pytest.mark.requirement("OGU-11", "G-64")
def test_a_company_that_came_too_late_is_told_once() -> None:
    of_invitation(sent(), WITHDRAWN).when(accept()).records(MISSED)
    of_invitation(sent(), WITHDRAWN, MISSED).when(accept()).records()
    of_invitation(sent(at=NOON, mark="mark-2")).when(accept()).records(MISSED)
    by_other = replace(ACCEPTED, provider_id="other", relation_id="r-2")
    of_invitation(sent(), by_other).when(accept()).records(MISSED)


@pytest.mark.requirement("OGU-11", "SM-26")
def test_a_used_invitation_connects_the_provider_once() -> None:
    (command,) = from_marketplace_invitation.react(ACCEPTED)
    assert from_marketplace_invitation.target(command) == ID
    fact = replace(connected(), relation_id=ID, connected_at=LATER)
    of_relation().when(command).records(fact)
    of_relation(fact).when(command).records()


def test_an_invitation_of_before_was_connected_by_its_request() -> None:
    assert from_marketplace_invitation.react(replace(ACCEPTED, provider_name=None)) == []
