"""What partners ask about themselves: profile, papers, invoices, statements."""

from infra.host import Service
from services.views.account import api, invoices, papers, profile, statements

service = Service(
    name="views.account",
    about="What partners ask about themselves: profile, papers, invoices, statements.",
    views=(profile.view, papers.view, invoices.view, statements.view),
    routes=lambda running: api.router(running.pool),
)
