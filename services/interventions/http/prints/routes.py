"""Print a case as PDF, and the record of what was decided, in the language of the caller."""

import asyncio
from importlib.resources import files
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from infra.catalogues import Texts
from infra.http.answers import Content, Router
from infra.http.customer_pages.houses import house_of
from infra.http.customer_pages.words import Words
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from infra.printing import printed
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.http.access import ReaderContext, dealership_of, may_read, ours
from services.interventions.http.prints.sheets import Sheets

PDF: Final = "application/pdf"
FOLDER = files("services.interventions.http.prints")
TEXTS = Texts(FOLDER)
TEMPLATE: Final = (FOLDER / "sheet.typ").read_bytes()

router = Router("Prints")


@router.get("/cases/{case_id}/summary.pdf")
async def print_case(case_id: Id, context: ReaderContext) -> Annotated[Response, Content(PDF)]:
    """Print the whole case, but for messages among colleagues."""
    sheets = await sheets_of(context, case_id)
    return await on_paper(sheets, sheets.summary(), f"case-{case_id}.pdf")


@router.get("/cases/{case_id}/consent.pdf")
async def print_consent(case_id: Id, context: ReaderContext) -> Annotated[Response, Content(PDF)]:
    """Print each decision with the wording, price and files as they were shown, who took it, when
    and from where; 404 while there is none."""
    sheets = await sheets_of(context, case_id)
    if sheets.answered is None:
        raise Problem(404, "nothing-decided")
    return await on_paper(sheets, sheets.consent(), f"consent-{case_id}.pdf")


async def sheets_of(context: RequestContext, case_id: str) -> Sheets:
    """The case for whoever may read it. Raises 404 for anybody else."""
    state = ours(context, (await context.load(CASE, case_id)).state)
    if not may_read(context, state.dossier):
        raise context.refuse(case.NoSuchCase())
    dealership = await dealership_of(context, state.dossier)
    return Sheets(
        state=state,
        house=house_of(dealership, state.dossier.brand),
        words=Words(TEXTS, context.language, ZoneInfo(state.dossier.created.time_zone)),
        at=context.at,
    )


async def on_paper(sheets: Sheets, shown: object, name: str) -> Response:
    content = await asyncio.to_thread(printed, TEMPLATE, shown, sheets.at)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Language": sheets.words.language,
    }
    return Response(content, media_type=PDF, headers=headers)
