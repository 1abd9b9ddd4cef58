"""All that is stored of a customer as one file (FLB-122); whoever takes it is recorded (G-86)."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from starlette.responses import Response, StreamingResponse

from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Content, Router
from infra.http.models import Id, plain
from infra.http.problems import Problem
from services.customers.adapters import register
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Active, Erased, Merged
from services.customers.customer.commands import CustomerIsErased, ExportCustomer
from services.customers.http.access import STAFF, StaffContext, own

JSON = "application/json"
FACTS_AT_ONCE = 200


class Export(Answer):
    """Where the file is."""

    export_id: str
    path: str


def router(running: Running) -> Router:
    """The routes of exports."""
    routes = Router("Exports")

    @routes.post("/customers/{customer_id}/exports", status_code=201)
    async def export_customer(customer_id: Id, context: StaffContext) -> Answered[Export]:
        """Ask for all that is stored of a customer. It is recorded who asked, before anything is
        shown."""
        await own(context, customer_id, *STAFF)
        export_id = context.new_id(readable_ids.EXPORT)
        path = f"/customers/customers/{customer_id}/exports/{export_id}"
        command = ExportCustomer(
            customer_id=customer_id,
            organisation_id=context.principal.organisation_id,
            export_id=export_id,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(
            CUSTOMER,
            customer_id,
            command,
            lambda _: Export(export_id=export_id, path=path),
            created=path,
        )

    @routes.get("/customers/{customer_id}/exports/{export_id}")
    async def show_export(
        customer_id: Id, export_id: Id, context: StaffContext
    ) -> Annotated[Response, Content(JSON)]:
        """Take the file: the record as it stands, every fact about it, and the same of each record
        that was merged into it."""
        state = (await own(context, customer_id, *STAFF)).state
        if isinstance(state, Erased):
            raise context.refuse(CustomerIsErased())
        if export_id not in state.record.export_ids:
            raise Problem(404, "no-such-export")
        family = await register.family_of(running.pool, customer_id)
        return StreamingResponse(
            file_of(running, (customer_id, *family)),
            media_type=JSON,
            headers={
                "Content-Disposition": f'attachment; filename="customer-{customer_id}.json"',
                "Cache-Control": "no-store",
            },
        )

    return routes


async def file_of(running: Running, customer_ids: tuple[str, ...]) -> AsyncIterator[str]:
    """The file in parts, so that a long history is never in memory as a whole."""
    yield '{"records": ['
    for n, customer_id in enumerate(customer_ids):
        found = await running.commands.load(CUSTOMER, customer_id)
        assert isinstance(found.state, Active | Merged)
        record = found.state.record
        standing = {
            "customer_id": customer_id,
            "organisation_id": record.recorded.organisation_id,
            "dealership_id": record.recorded.dealership_id,
            "details": plain(record.details),
            "blocked": plain(record.blocked),
            "company": plain(record.company),
            "vehicles": plain(list(record.vehicles.values())),
            "consents": plain(list(record.consents)),
            "cases": plain(list(record.cases.values())),
        }
        yield (", " if n else "") + text(standing)[:-1] + ', "facts": ['
        async for part in facts_of(running, customer_id, found.version):
            yield part
        yield "]}"
    yield "]}"


async def facts_of(running: Running, customer_id: str, version: int) -> AsyncIterator[str]:
    after = 0
    while after < version:
        most = min(FACTS_AT_ONCE, version - after)
        facts = await running.commands.history(CUSTOMER, customer_id, after=after, most=most)
        told = (
            {
                "version": one.version,
                "type": one.type,
                "actor": one.actor,
                "occurred_at": plain(one.occurred_at),
                "recorded_at": plain(one.recorded_at),
                "what": plain(one.holds),
            }
            for one in facts
        )
        yield (", " if after else "") + ", ".join(map(text, told))
        after += most


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
