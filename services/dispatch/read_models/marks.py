"""The marks that customers gave to providers, once they were published (M10)."""

from dataclasses import dataclass

from contracts.dispatch.job_v1 import ReviewsPublished, contract
from infra.consumers.views import View
from infra.database import Pool

Reads = ReviewsPublished


@dataclass(frozen=True, slots=True)
class Mark:
    job_id: str
    organisation_id: str
    """The id of the marketplace."""
    provider_id: str
    mark: int | None
    """1 (bad) to 5 (good); None where the customer gave none."""


@dataclass(frozen=True, slots=True)
class Rating:
    """The marks of a provider in a marketplace, together."""

    average: float
    marks: int


def key(event: Reads) -> tuple[str]:
    return (event.job_id,)


def project(_: Mark | None, event: Reads) -> Mark:
    return Mark(event.job_id, event.organisation_id, event.provider_id, event.provider_mark)


view = View(
    name="marks",
    contract=contract,
    reads=Reads,
    row=Mark,
    primary_key=("job_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, provider_id)",),
)


async def ratings(pool: Pool, marketplace_id: str, provider_ids: list[str]) -> dict[str, Rating]:
    """The ratings of those providers that have marks of the marketplace's customers."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select provider_id, avg(mark)::float, count(mark) from marks"
            " where organisation_id = %s and provider_id = any(%s) and mark is not null"
            " group by provider_id",
            (marketplace_id, provider_ids),
        )
        return {id: Rating(average, marks) for id, average, marks in await cursor.fetchall()}
