"""Reaction: a company that signed up with an invitation uses it (OGU-11)."""

from contracts.accounts.organisation_v1 import CompanySignedUp
from contracts.providers import relation_id
from services.marketplace.invitation import Accept, AcceptBySignUp

Reads = CompanySignedUp


def react(event: Reads) -> list[AcceptBySignUp]:
    """The use of the invitation, at the instant at which the company signed up."""
    accept = Accept(
        token_mark=event.token_mark,
        provider_id=event.organisation_id,
        provider_name=event.company_name,
        relation_id=relation_id(event.marketplace_id, event.organisation_id),
        terms_version=event.terms_version,
        internal_documents=event.internal_documents,
        by=event.user_id,
        at=event.signed_up_at,
    )
    return [AcceptBySignUp(invitation_id=event.invitation_id, accept=accept)]


def target(command: AcceptBySignUp) -> str:
    """The invitation whose stream takes the command."""
    return command.invitation_id
