"""The drivers that rows name: who they are, and the rows of those whom somebody typed."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from infra.http.answers import Answer
from infra.http.request_context import RequestContext
from infra.reading import Rows
from infra.searching import sought
from services.views.backoffice.drivers import BY_NAME, drivers


class OfDriver(Protocol):
    """A row that belongs to a driver."""

    @property
    def driver_id(self) -> str: ...


Row = TypeVar("Row")
DriversRow = TypeVar("DriversRow", bound=OfDriver)
Shown = TypeVar("Shown")


class PersonShown(Answer):
    """A driver; the texts are empty when they are not known, or forgotten."""

    driver_id: str
    name: str
    phone: str


async def persons(context: RequestContext, ids: Iterable[str]) -> Mapping[str, PersonShown]:
    """Each of these drivers by id, also those whom nobody knows."""
    wanted = set(ids)
    mine = drivers.of(context.principal.organisation_id, driver_id=wanted)
    known = {row.driver_id: row for row in await mine.many(context.pool, BY_NAME)}
    nobody = {id: PersonShown(driver_id=id, name="", phone="") for id in wanted - known.keys()}
    return nobody | {id: PersonShown.of(row) for id, row in known.items()}


def with_drivers(
    context: RequestContext, show: Callable[[DriversRow, PersonShown], Shown]
) -> Callable[[Sequence[DriversRow]], Awaitable[list[Shown]]]:
    """Presents the rows of a page, each with its driver; asks once for all of them."""

    async def present(rows: Sequence[DriversRow]) -> list[Shown]:
        who = await persons(context, (row.driver_id for row in rows))
        return [show(row, who[row.driver_id]) for row in rows]

    return present


async def searched(context: RequestContext, rows: Rows[Row], text: str) -> Rows[Row]:
    """The rows whose own words meet what somebody typed, or whose driver's do."""
    if not (asked := sought(text)):
        return rows
    # By their ids, because an index finds those, and does not find what a query within it would.
    theirs = drivers.of(context.principal.organisation_id).searched(text)
    ids = await theirs.keys(context.pool)
    table = rows.table
    met = f"{table.term('driver_id')} = any(%(drivers)s)"
    if "search" in table.kind.columns:
        met = f"{asked.met_by(table.term('search'))} or {met}"
    return rows.found_by_index(met, drivers=ids, **asked.values)
