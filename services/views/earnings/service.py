"""What a driver earned: invoices on their way, statements, and the fact behind every figure."""

from infra.host import Service
from services.views.earnings import api, invoices, statements

service = Service(
    name="views.earnings",
    views=(invoices.view, statements.view),
    routes=lambda running: api.router(running.pool),
)
