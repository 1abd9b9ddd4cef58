"""The people of a dealership, whom cases name: one row a user."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from contracts.accounts.user_v1 import DetailsChanged, SubjectForgotten, UserInvited, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer
from infra.http.request_context import RequestContext
from infra.reading import Table
from services.views.dealer import devices

Reads = UserInvited | DetailsChanged | SubjectForgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """The name is empty once the user is forgotten."""

    user_id: str
    organisation_id: str
    name: str


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: Colleague | None, event: Reads) -> Colleague:
    match event:
        case UserInvited():
            return Colleague(
                user_id=event.user_id, organisation_id=event.organisation_id, name=event.name
            )
        case DetailsChanged():
            return replace(_there(row, event), name=event.name)
        case SubjectForgotten():
            return replace(_there(row, event), name="")
        case unhandled:
            assert_never(unhandled)


def _there(row: Colleague | None, event: Reads) -> Colleague:
    if row is None:
        raise OutOfOrder(event)
    return row


view = View(
    name="colleagues",
    contract=contract,
    reads=Reads,
    row=Colleague,
    primary_key=("user_id",),
    key=key,
    project=project,
)
table = Table(view, "colleagues")
BY_ID = table.order("colleagues-by-id", "user_id")

# --- Parts of answers -------------------------------------------------------


class ColleagueShown(Answer):
    """Somebody of the dealership, or a device of it; the name is empty when it is not known, or
    forgotten."""

    user_id: str
    name: str


Colleagues = Mapping[str, ColleagueShown]


async def colleagues(context: RequestContext, ids: Iterable[str | None]) -> Colleagues:
    """Each of these users and devices by id, also those whom nobody knows."""
    wanted = {id for id in ids if id is not None}
    organisation_id = context.principal.organisation_id
    mine = table.of(organisation_id, user_id=wanted)
    names = {row.user_id: row.name for row in await mine.many(context.pool, BY_ID)}
    if left := wanted - names.keys():
        ours = devices.table.of(organisation_id, device_id=left)
        found = await ours.many(context.pool, devices.BY_ID)
        names |= {row.device_id: row.name for row in found}
    return {id: ColleagueShown(user_id=id, name=names.get(id, "")) for id in wanted}
