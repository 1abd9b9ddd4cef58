"""Which papers go with parcels, tours and cash: labels, manifests, and slips to sign? (D10)"""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import segno
import yaml
from babel.numbers import format_currency, get_currency_precision
from barcode.codex import Code128, Gs1_128
from starlette.responses import Response
from stdnum import ean

from infra.http.answers import Content, Router
from infra.http.models import Day, Id
from infra.http.problems import Problem
from infra.printing import directed, printed
from infra.words import word
from services.views.depot.cash_gaps import CashGap, cash_gaps
from services.views.depot.filters import DepotContext
from services.views.depot.orders import BY_ID, Order, orders
from services.views.depot.till_days import CourierCash, ManagerContext, TillDay, till_days
from services.views.depot.tours import Tour, tours
from services.views.depot.users import PersonShown, people

router = Router("Papers")

PDF: Final = "application/pdf"
READER: Final = "fr_MA"
"""The locale in which amounts are written."""
LANGUAGES: Final = ("fr", "ar")
"""Those that are read in depots; the words of papers come in this order."""
WHERE: Final = "Africa/Casablanca"
HERE = Path(__file__).parent
WORDS: Final = yaml.safe_load((HERE / "papers.yaml").read_text("utf-8"))

SSCC: Final = "00"
"""The GS1 application identifier of the number of a logistic unit."""
QUIET_MODULES: Final = 10
"""Before and after the bars nothing is printed for so long, or no scanner finds them."""
_DIGITS = re.compile("[0-9]{18}")

LABELS, MANIFEST, SLIP = (
    (HERE / name).read_bytes() for name in ("labels.typ", "manifest.typ", "slip.typ")
)
Paper = Annotated[Response, Content(PDF)]


@router.get("/orders/{order_id}/labels")
async def labels_of_order(order_id: Id, context: DepotContext) -> Paper:
    """Print the labels of an order's parcels, an A6 page each, with the code as a QR code and as
    bars: a GS1-128 of an SSCC, else a Code 128."""
    mine = context.principal.organisation_id
    row = await orders.of(mine, order_id=order_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-order")
    return await paper(LABELS, labels(row), row.registered_at, row.tracking_number)


@router.get("/tours/{tour_id}/manifest")
async def manifest_of_tour(tour_id: Id, context: DepotContext) -> Paper:
    """Print the manifest of a tour: its orders with their codes, and the cash to collect."""
    mine = context.principal.organisation_id
    row = await tours.of(mine, tour_id=tour_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-tour")
    found = await orders.of(mine, order_id=row.order_ids).many(context.pool, BY_ID)
    who = await people(context, (row.courier_id,))
    known = {one.order_id: one for one in found}
    return await paper(
        MANIFEST, manifest(row, known, who[row.courier_id]), row.composed_at, tour_id
    )


@router.get("/tills/{day}/slips/{courier_id}")
async def slip_of_courier(day: Day, courier_id: Id, context: ManagerContext) -> Paper:
    """Print what was expected and counted of a courier on a closed day, for both to sign."""
    mine = context.principal.organisation_id
    row = await till_days.of(mine, day=day).one(context.pool)
    found = [one for one in row.cash if one.courier_id == courier_id] if row else []
    if row is None or row.closed_at is None or not found:
        raise Problem(404, "no-such-slip")
    who = await people(context, (courier_id, row.closed_by))
    gap = await cash_gaps.of(mine, day=day, courier_id=courier_id).one(context.pool)
    return await paper(SLIP, slip(row, found[0], gap, who), row.closed_at, f"{day}-{courier_id}")


async def paper(template: bytes, shown: dict[str, Any], made_at: datetime, name: str) -> Response:
    """The PDF, set beside the requests of others."""
    content = await asyncio.to_thread(printed, template, shown | {"words": WORDS}, made_at)
    disposition = f'inline; filename="{name.replace(":", "-")}.pdf"'
    return Response(content, media_type=PDF, headers={"Content-Disposition": disposition})


# --- Labels -----------------------------------------------------------------


def labels(row: Order) -> dict[str, Any]:
    """A page for each parcel; the recipient is left out once they are forgotten."""
    count = len(row.parcel_codes)
    return {
        "number": row.tracking_number,
        "city": directed(row.city),
        "recipient": [directed(text) for text in recipient_of(row)],
        "cash": money(row.cash_minor, row.cash_currency),
        "parcels": [
            {"code": code, "qr": qr(code), "bars": bars(code), "place": f"{place} / {count}"}
            for place, code in enumerate(row.parcel_codes, 1)
        ],
    }


def recipient_of(row: Order) -> list[str]:
    return [] if row.forgotten else [row.recipient_name, row.address, row.phone]


def qr(code: str) -> str:
    """The code as a picture, in SVG."""
    return segno.make(code, micro=False, error="m").svg_inline(border=0)


def bars(code: str) -> dict[str, Any]:
    """The code as a picture in SVG, and how many modules it is wide: that of a GS1-128 where the
    code is an SSCC, which says so, else of a Code 128."""
    made = Gs1_128(f"{SSCC}{code}") if is_sscc(code) else Code128(code)
    [pattern] = made.build()
    width = len(pattern) + 2 * QUIET_MODULES
    strokes = "".join(
        f"M{QUIET_MODULES + found.start()} 0h{len(found[0])}v1h-{len(found[0])}z"
        for found in re.finditer("1+", pattern)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 1"'
        f' preserveAspectRatio="none"><path d="{strokes}"/></svg>'
    )
    return {"svg": svg, "modules": width}


def is_sscc(code: str) -> bool:
    """Whether a parcel is called by the number of a logistic unit, whose last digit is right."""
    return _DIGITS.fullmatch(code) is not None and ean.calc_check_digit(code[:-1]) == code[-1]


def money(minor: int | None, currency: str | None) -> str | None:
    """The amount as it is written in Morocco; None where nothing is due."""
    if minor is None or currency is None:
        return None
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=READER)


# --- Manifests --------------------------------------------------------------


def manifest(row: Tour, known: Mapping[str, Order], courier: PersonShown) -> dict[str, Any]:
    """Every order of the tour in its order, and what all recipients pay together; once it has
    left, without what stayed in the depot."""
    stayed = {one.parcel_code for one in row.left_behind}
    going = [one for one in row.orders if one.status != "left_behind"]
    due = [one for one in going if one.cash_minor is not None]
    total = sum(one.cash_minor or 0 for one in due)
    return {
        "tour": row.tour_id,
        "qr": qr(row.tour_id),
        "courier": [directed(text) for text in (courier.name or courier.user_id, courier.phone)],
        "day": day_of(row.composed_at),
        "total": money(total, due[0].cash_currency if due else None),
        "orders": [
            {
                "number": one.tracking_number,
                "qr": qr(one.tracking_number),
                "city": directed(one.city),
                "recipient": [
                    directed(text)
                    for order in (known.get(one.order_id),)
                    if order is not None
                    for text in recipient_of(order)
                ],
                "codes": tuple(code for code in one.parcel_codes if code not in stayed),
                "cash": money(one.cash_minor, one.cash_currency),
            }
            for one in going
        ],
    }


def day_of(at: datetime) -> str:
    """By the clock of the depots."""
    return f"{at.astimezone(ZoneInfo(WHERE)):%d/%m/%Y}"


# --- Slips ------------------------------------------------------------------


def slip(
    row: TillDay, cash: CourierCash, gap: CashGap | None, who: Mapping[str, PersonShown]
) -> dict[str, Any]:
    """The cash of a courier at the close of a day, with room for two signatures."""
    difference = cash.counted_minor - cash.expected_minor
    names = {id: directed(one.name or id) for id, one in who.items()}
    return {
        "courier": names[cash.courier_id],
        "closed_by": names[row.closed_by or ""],
        "day": f"{row.day:%d/%m/%Y}",
        "expected": money(cash.expected_minor, row.currency),
        "counted": money(cash.counted_minor, row.currency),
        "gap": money(difference, row.currency),
        "reason": [word(one, "GapReason", gap.reason) for one in LANGUAGES] if gap else None,
        "till": row.till_id,
    }
