"""Two records of one customer over HTTP: merged by a manager, and undone (G-76)."""

from infra.database import Connection
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Id
from services.customers.adapters import register
from services.customers.aggregates import CUSTOMER
from services.customers.customer import standing_of
from services.customers.customer.commands import (
    CustomerIsErased,
    MergeCustomer,
    Survivor,
    SurvivorIsErased,
    SurvivorIsMerged,
    UndoMerge,
)
from services.customers.http.access import MANAGERS, ManagerContext, own

router = Router("Merging")


@router.put("/customers/{customer_id}/merges/{survivor_id}")
async def merge_customer(
    customer_id: Id, survivor_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Let a record show at another one of the same customer. Nothing of either is changed."""
    mine = await own(context, customer_id, *MANAGERS)
    other = await own(context, survivor_id, *MANAGERS)
    survivor = Survivor(
        customer_id=survivor_id,
        dealership_id=other.dealership_id,
        standing=standing_of(other.state),
    )
    command = MergeCustomer(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        survivor=survivor,
        by=context.principal.subject,
        at=context.at,
    )

    async def show(connection: Connection) -> None:
        # Both may be merged into each other at once, and the survivor erased meanwhile.
        await register.lock(connection, mine.dealership_id)
        now = await register.standing(connection, survivor_id)
        if now.erased:
            raise context.refuse(SurvivorIsErased())
        if now.survivor_id is not None:
            raise context.refuse(SurvivorIsMerged())
        if (await register.standing(connection, customer_id)).erased:
            raise context.refuse(CustomerIsErased())
        await register.show_at(connection, customer_id, survivor_id)

    return await context.handle(CUSTOMER, customer_id, command, in_transaction=show)


@router.delete("/customers/{customer_id}/merges/{survivor_id}")
async def undo_merge(
    customer_id: Id, survivor_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Undo a merge: both records are as they were, with the cases that came to each since."""
    mine = await own(context, customer_id, *MANAGERS)
    command = UndoMerge(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        survivor_id=survivor_id,
        by=context.principal.subject,
        at=context.at,
    )

    async def part(connection: Connection) -> None:
        await register.lock(connection, mine.dealership_id)
        if (await register.standing(connection, customer_id)).erased:
            raise context.refuse(CustomerIsErased())
        await register.show_at(connection, customer_id, None)

    return await context.handle(CUSTOMER, customer_id, command, in_transaction=part)
