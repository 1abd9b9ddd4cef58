"""Notes for the workers of what happened elsewhere: cases to match, customers who are erased."""

from collections.abc import Mapping, Sequence

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import CustomerErased
from contracts.interventions import case_v1
from contracts.interventions.case_v1 import CustomerNamed
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower
from infra.consumers.records import Delivery
from infra.database import Connection
from services.customers.adapters import register


class Cases(Handler):
    """Handles the events of cases. Nothing that they say of people is kept here."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if not isinstance(event, CustomerNamed):
                continue
            await connection.execute(
                "insert into customers.case_to_match values (%s, %s) on conflict (case_id)"
                " do update set told_at = greatest(case_to_match.told_at, excluded.told_at),"
                " look_at = excluded.look_at",
                (event.case_id, event.named_at),
            )
        return {}


class Erased(Handler):
    """Handles the events of customers: one whom an operator forgot is found by nothing any more."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if isinstance(event, CustomerErased):
                await register.close(connection, event.customer_id)
        return {}


cases = Follower("cases", case_v1.contract, CustomerNamed, Cases())
erased = Follower("erased", customer_v1.contract, CustomerErased, Erased())
