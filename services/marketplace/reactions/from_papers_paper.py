"""Reaction: a paper of an organisation is a document that a provider has shown (OGU-09)."""

from contracts.marketplace.provider_v1 import ShownDocument
from contracts.papers.paper_v1 import PaperAdded
from services.marketplace.provider import ShowDocument

Reads = PaperAdded


def react(event: Reads) -> list[ShowDocument]:
    """The papers of people are no documents of a provider."""
    if not event.of_organisation:
        return []
    document = ShownDocument(
        kind=event.kind.name.lower(),
        paper_id=event.paper_id,
        file_id=event.file_id,
        issued_on=event.issued_on,
        expires_on=event.expires_on,
    )
    return [
        ShowDocument(
            provider_id=event.organisation_id,
            document=document,
            by=event.added_by,
            at=event.added_at,
        )
    ]


def target(command: ShowDocument) -> str:
    """The provider whose stream takes the command."""
    return command.provider_id
