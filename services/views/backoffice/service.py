"""The back office: what waits for a decision of administration, logistics or billing, and why."""

from infra.host import Service
from services.views.backoffice import (
    api,
    contests,
    drivers,
    expenses,
    extras,
    invoices,
    papers,
    questions,
    quotes,
    trips,
    users,
)

service = Service(
    name="views.backoffice",
    views=(
        users.view,
        papers.view,
        trips.view,
        quotes.view,
        extras.view,
        drivers.view,
        invoices.view,
        expenses.view,
        contests.view,
        questions.view,
    ),
    routes=lambda running: api.router(running.pool),
)
