"""The arrangement of the desk that counts now, for the clocks of requests."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.support.desk_v1 import DeskArranged, contract
from infra.consumers.views import View
from infra.database import Connection
from services.support.desk import arrangement
from services.support.request.clocks import SetClocks

Reads = DeskArranged


def key(event: Reads) -> tuple[str]:
    return (event.desk_id,)


def project(_: DeskArranged | None, event: Reads) -> DeskArranged:
    return event


view = View(
    name="arrangement",
    contract=contract,
    reads=Reads,
    row=DeskArranged,
    primary_key=("desk_id",),
    key=key,
    project=project,
)

_COLUMNS = ", ".join(f'"{name}"' for name in view.columns)


async def arranged(connection: Connection, commands: Sequence[SetClocks]) -> list[SetClocks | None]:
    """The commands with the arrangement of now; None while there is none: no clock runs then."""
    cursor = connection.cursor()
    await cursor.execute(f"select {_COLUMNS} from {view.name}".encode())
    if (found := await cursor.fetchone()) is None:
        return [None for _ in commands]
    now = arrangement(view.row_factory(cursor)(found))
    return [replace(one, arrangement=now) for one in commands]
