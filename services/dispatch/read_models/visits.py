"""The visits of contracts that came of a request, for the customer's page (M12)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.dispatch.job_v1 import JobPlanned, contract
from infra.consumers.views import View
from infra.database import Pool

MOST_SHOWN = 6
"""The last visits that are planned or were; there may be hundreds."""

Reads = JobPlanned


@dataclass(frozen=True, slots=True)
class Visit:
    """`arrives_from` is as it was planned first."""

    job_id: str
    request_id: str
    contract_id: str | None
    """None for the job that the request was made for."""
    arrives_from: datetime


def key(event: Reads) -> tuple[str]:
    return (event.job_id,)


def project(_: Visit | None, event: Reads) -> Visit:
    return Visit(event.job_id, event.request_id, event.contract_id, event.arrives_from)


view = View(
    name="visits",
    contract=contract,
    reads=Reads,
    row=Visit,
    primary_key=("job_id",),
    key=key,
    project=project,
    indexes=("(request_id, arrives_from)",),
)


async def of_request(pool: Pool, request_id: str) -> list[str]:
    """The jobs of the last visits, the last one first."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select job_id from visits where request_id = %s and contract_id is not null"
            " order by arrives_from desc limit %s",
            (request_id, MOST_SHOWN),
        )
        return [job_id for (job_id,) in await cursor.fetchall()]
