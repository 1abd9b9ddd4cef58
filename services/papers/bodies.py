"""What the front end sends, and what it is shown of a paper."""

from typing import Annotated, Any

from contracts.papers.paper_v1 import PaperKind
from infra.http.models import Body, Day, Id, Named, Text
from services.papers.paper import Paper

Kind = Annotated[PaperKind, Named()]


class PaperBody(Body):
    """A paper to show (HIF-42)."""

    file_id: Id
    issued_on: Day
    expires_on: Day | None = None
    """The last day on which it holds; only a contract may have none."""


class SeenBody(Body):
    file_id: Id
    """The version that was looked at: another one may have come meanwhile."""


class RefusalBody(SeenBody):
    reason: Text


def paper_shown(kind: PaperKind, found: Paper) -> dict[str, Any]:
    """One kind of paper to its owner and to staff."""
    accepted = found.accepted if found.holds else None
    return {
        "kind": kind,
        "status": found.status,
        "holds": found.holds,
        "holds_until": accepted.expires_on if accepted else None,
        "newest": found.added,
        "refused_because": found.refused.reason if found.refused else None,
        "expired_at": found.expired.expired_at if found.expired else None,
    }
