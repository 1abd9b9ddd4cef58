"""The service `messaging`: what goes out to people, how, when, and whether it arrived."""

from contracts.accounts import user_v1
from contracts.alerts import alert_v1
from contracts.invoices import invoice_v1
from contracts.missions import trip_v1
from contracts.papers import paper_v1
from contracts.payments import payee_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.post import receipts, sink
from services.messaging import api, notices, people, problems
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.edge import outbox, outgoing

service = Service(
    name="messaging",
    about="What goes out to people, how, when, and whether it arrived.",
    aggregates=(MESSAGE, PREFERENCES),
    reactions=(
        Reaction("people", user_v1.contract, people.react, PREFERENCES, people.target),
        Reaction("clients", trip_v1.contract, people.clients, PREFERENCES, people.target),
        Reaction("accounts", user_v1.contract, notices.about_accounts, MESSAGE, notices.target),
        Reaction("papers", paper_v1.contract, notices.about_papers, MESSAGE, notices.target),
        Reaction("trips", trip_v1.contract, notices.about_trips, MESSAGE, notices.target),
        Reaction("invoices", invoice_v1.contract, notices.about_invoices, MESSAGE, notices.target),
        Reaction("alerts", alert_v1.contract, notices.about_alerts, MESSAGE, notices.target),
        Reaction("payees", payee_v1.contract, notices.about_payees, MESSAGE, notices.target),
    ),
    views=(outbox.view,),
    routes=api.router,
    problem=problems.problem,
    migrations=receipts.TABLES + sink.TABLES,
    workers={"sender": outgoing.sender},
)
