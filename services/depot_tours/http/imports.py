"""Orders over HTTP, many at once: a file with one order a line, and a report of each."""

from asyncio import gather
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from itertools import chain, islice
from typing import Annotated, Any

from pydantic import ValidationError
from starlette.requests import Request

from infra.commands import FINGERPRINT_DIGITS
from infra.http.answers import Answer, Answered, Router
from infra.http.problems import FieldError, Problem, field_error, malformed
from infra.http.request_context import RequestContext, requires
from services.depot_tours.adapters import order_files
from services.depot_tours.adapters.order_files import Row
from services.depot_tours.aggregates import ORDER
from services.depot_tours.http.orders import OrderBody, registering

router = Router("Orders")

MOST_LINES = 2_000
AT_ONCE = 5
"""How many orders are registered at the same time: half of a pool of connections."""
CSV = "text/csv"
TABLE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {CSV: {"schema": {"type": "string"}}}}
}
ImportContext = Annotated[
    RequestContext, requires("administration", "operator", "depot_agent", media=CSV)
]


class LineOutcome(StrEnum):
    """The end of a line: an order, or a refusal."""

    REGISTERED = "registered"
    KNOWN = "known"
    """The very order was registered before."""
    REFUSED = "refused"


class CellFault(Answer):
    """A cell at fault, and the rule that it breaks."""

    column: str
    """Empty where it is the whole line."""
    rule: str
    detail: str


class LineShown(Answer):
    """A line of the file, counted from the header, which is the first."""

    line: int
    outcome: LineOutcome
    tracking_number: str
    order_id: str | None
    problem: str | None
    """The `type` of the problem that one order alone would have been answered with."""
    detail: str | None
    cells: tuple[CellFault, ...]


class ImportReport(Answer):
    """The end of each line; a refused one changed nothing and stopped no other."""

    registered: int
    known: int
    refused: int
    lines: tuple[LineShown, ...]


@router.post("/orders/imports", openapi_extra=TABLE)
async def import_orders(context: ImportContext, request: Request) -> Answered[ImportReport]:
    """Register the orders of a file, each as if it came alone; the same file again changes nothing.

    The first line names the columns: `tracking_number`, `city`, `recipient_name`,
    `recipient_phone`, `recipient_address`, `parcels` (how many), and, if there are such,
    `ssccs` (with spaces between) and `cash_on_delivery` (in dirhams). They are parted by
    semicolons, commas or tabs; the text is UTF-8, or UTF-16 with its mark. At most 2 000 lines.
    """
    rows = rows_of(await request.body())
    told = [await gather(*(line_shown(context, row) for row in group)) for group in apart(rows)]
    lines = tuple(chain.from_iterable(told))
    outcomes = [one.outcome for one in lines]
    report = ImportReport(
        registered=outcomes.count(LineOutcome.REGISTERED),
        known=outcomes.count(LineOutcome.KNOWN),
        refused=outcomes.count(LineOutcome.REFUSED),
        lines=lines,
    )
    return Answered(report)


def rows_of(content: bytes) -> Sequence[Row]:
    """The lines of the file. Raises the `Problem` of a file of which nothing is taken."""
    try:
        rows = list(islice(order_files.read(content), MOST_LINES + 1))
    except order_files.NotText as error:
        raise malformed("/", "table_encoding") from error
    except order_files.WrongHeader as error:
        facts = {"missing": error.missing, "unknown": error.unknown}
        raise Problem(422, "wrong-header", facts=facts) from error
    except order_files.Broken as error:
        raise Problem(422, "line-unreadable", facts={"line": error.line}) from error
    if len(rows) > MOST_LINES:
        raise Problem(422, "too-many-lines", facts={"most": MOST_LINES})
    return rows


def apart(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The lines in order, in groups of which no two name the same order, or a parcel in common:
    of two such lines the first one counts."""
    group: list[Row] = []
    names: set[str] = set()
    for row in rows:
        if len(group) == AT_ONCE or names & row.names:
            yield group
            group, names = [], set()
        group.append(row)
        names |= row.names
    if group:
        yield group


async def line_shown(context: RequestContext, row: Row) -> LineShown:
    """Registers the order of a line, if it is one, and tells what became of it."""
    try:
        order_id, is_new = await registered(context, row)
    except Problem as problem:
        return refused(context, row, problem)
    return LineShown(
        line=row.line,
        outcome=LineOutcome.REGISTERED if is_new else LineOutcome.KNOWN,
        tracking_number=row.tracking_number,
        order_id=order_id,
        problem=None,
        detail=None,
        cells=(),
    )


async def registered(context: RequestContext, row: Row) -> tuple[str, bool]:
    """The id of the order, and whether it was not there. Raises its `Problem`."""
    body = body_of(row)
    digest = sha256(body.model_dump_json().encode()).hexdigest()[:FINGERPRINT_DIGITS]
    alone = replace(
        context,
        idempotency_key=f"{context.idempotency_key}/{row.line}",
        fingerprint=digest,
        if_match=None,
    )
    order_id, command, claim = registering(alone, body)
    done = await alone.perform(ORDER, order_id, command, claim)
    return order_id, done.repeated or done.recorded > 0


def body_of(row: Row) -> OrderBody:
    """The body of one order. Raises the 422 `Problem` of a line that is none."""
    errors = [FieldError(bad.column, bad.rule) for bad in row.bad]
    try:
        body = OrderBody.model_validate(row.body)
    except ValidationError as error:
        spoiled = {bad.column for bad in row.bad}
        found = [field_error({**one, "loc": ("body", *one["loc"])}) for one in error.errors()]
        named = [replace(one, field=column_of(one.field)) for one in found]
        # A cell with a hundred bad codes breaks one rule: it is told once.
        told = {(one.field, one.rule): one for one in reversed(named)}
        errors += [one for one in reversed(told.values()) if one.field not in spoiled]
    else:
        if not errors:
            return body
    raise Problem(422, "invalid-request", errors=errors)


def column_of(field: str) -> str:
    return order_files.COLUMN_OF.get(field, "ssccs")


def column_at(fault: str) -> str:
    """The column of a fault at a field, at a column, or at the request that brought the line."""
    if fault.startswith("/"):
        return column_of(fault)
    return "" if fault.startswith("header:") else fault


def refused(context: RequestContext, row: Row, problem: Problem) -> LineShown:
    """A line that was not taken, with the sentences in the caller's language."""
    wording, language, zone = context.app_state.wording, context.language, context.zone
    cells = tuple(
        CellFault(
            column=column_at(error.field),
            rule=error.rule,
            detail=problem.says(error, wording, language, zone),
        )
        for error in problem.errors
    )
    return LineShown(
        line=row.line,
        outcome=LineOutcome.REFUSED,
        tracking_number=row.tracking_number[:100],
        order_id=None,
        problem=problem.type,
        detail=problem.sentence(wording, language, zone),
        cells=cells,
    )
