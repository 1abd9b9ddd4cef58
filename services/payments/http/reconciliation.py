"""Differences between the provider's balance and our books, resolved by an accountant."""

from typing import Annotated

from contracts.payments.account_v1 import DifferenceResolution
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, Line, Named
from services.payments.account.reconciling import ResolveDifference
from services.payments.aggregates import ACCOUNT
from services.payments.http.card_access import READERS, ReaderContext, own


class ResolutionBody(Body):
    """The meaning of a difference."""

    resolution: Annotated[DifferenceResolution, Named()]
    reference: Line | None = None
    """The entry in the dealership's own books that explains or corrects it."""


router = Router("Card payments")


@router.post("/card-accounts/{dealership_id}/differences/{difference_id}/resolution")
async def resolve_difference(
    dealership_id: Id, difference_id: Id, body: ResolutionBody, context: ReaderContext
) -> Answered[Recorded]:
    """Say what a difference is. It is said once, and nothing is booked by it."""
    await own(context, dealership_id, *READERS)
    command = ResolveDifference(
        dealership_id=dealership_id,
        organisation_id=context.principal.organisation_id,
        difference_id=difference_id,
        resolution=body.resolution,
        reference=body.reference,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(ACCOUNT, dealership_id, command)
