"""Photos of sales cases that go to Planet VO, over HTTP (FLB-135)."""

from typing import Annotated

from pydantic import Field

from contracts.dealerships.dealership_v1 import Licence
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id
from infra.lookups import dealerships
from services.interventions.adapters.photo_sender import noting
from services.interventions.aggregates import CASE, PHOTO_ACCOUNT
from services.interventions.case.exporting import AskPhotoExport
from services.interventions.http.access import WriterContext, dealership_of, to_write
from services.interventions.http.fields import PartId
from services.interventions.photo_account import NoPhotoAccount

router = Router("Planet VO")

MOST_PHOTOS = 50


class PhotoExportBody(Body):
    """The photos to hand over, in their order."""

    media_ids: Annotated[
        tuple[PartId, ...], Field(min_length=1, max_length=MOST_PHOTOS, strict=False)
    ]
    """Public photos of the case; one that is named twice goes once."""


@router.put("/cases/{case_id}/photo-exports/{export_id}")
async def ask_photo_export(
    case_id: Id, export_id: PartId, body: PhotoExportBody, context: WriterContext
) -> Answered[Recorded]:
    """Have photos of a sales case go to Planet VO; the case says what becomes of them. Sent again,
    it is the same export, which is tried anew once it has failed."""
    dossier = (await to_write(context, case_id)).dossier
    dealership = await dealership_of(context, dossier)
    dealerships.require_licence(dealership, Licence.PLANET_VO)
    account = await context.load(PHOTO_ACCOUNT, dealership.dealership_id)
    if account.state.given is None:
        raise context.refuse(NoPhotoAccount())
    command = AskPhotoExport(
        organisation_id=context.principal.organisation_id,
        export_id=export_id,
        media_ids=tuple(dict.fromkeys(body.media_ids)),
        by=context.principal.subject,
        at=context.at,
    )
    note = noting(case_id, export_id)
    return await context.handle(CASE, case_id, command, in_transaction=note)
