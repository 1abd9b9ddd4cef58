"""The service `media`: files up and down, checked at arrival, private or public."""

from contracts.conversations import thread_v1
from contracts.dealerships import template_v1
from contracts.dispatch import request_v1 as service_request_v1
from contracts.interventions import case_v1
from contracts.invoices import invoice_v1
from contracts.missions import trip_v1
from contracts.papers import paper_v1
from contracts.payments import payee_v1
from contracts.support import request_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import devices, users
from services.media import http
from services.media.adapters import sweeper, tables
from services.media.aggregates import FILE
from services.media.http.problems import WORDING
from services.media.reactions import (
    from_conversations_thread,
    from_dealerships_template,
    from_dispatch_request,
    from_interventions_case,
    from_invoices_invoice,
    from_missions_trip,
    from_papers_paper,
    from_payments_payee,
    from_support_request,
)

service = Service(
    name="media",
    about="Files up and down, checked at arrival, private or public.",
    aggregates=(FILE,),
    reactions=(
        Reaction(
            "templates",
            template_v1.contract,
            from_dealerships_template.react,
            FILE,
            from_dealerships_template.target,
            reads=from_dealerships_template.Reads,
        ),
        Reaction(
            "cases",
            case_v1.contract,
            from_interventions_case.react,
            FILE,
            from_interventions_case.target,
            reads=from_interventions_case.Reads,
        ),
        Reaction(
            "expenses",
            invoice_v1.contract,
            from_invoices_invoice.react,
            FILE,
            from_invoices_invoice.target,
            reads=from_invoices_invoice.Reads,
        ),
        Reaction(
            "papers",
            paper_v1.contract,
            from_papers_paper.react,
            FILE,
            from_papers_paper.target,
            reads=from_papers_paper.Reads,
        ),
        Reaction(
            "payees",
            payee_v1.contract,
            from_payments_payee.react,
            FILE,
            from_payments_payee.target,
            reads=from_payments_payee.Reads,
        ),
        Reaction(
            "trips",
            trip_v1.contract,
            from_missions_trip.react,
            FILE,
            from_missions_trip.target,
            reads=from_missions_trip.Reads,
        ),
        Reaction(
            "threads",
            thread_v1.contract,
            from_conversations_thread.react,
            FILE,
            from_conversations_thread.target,
            reads=from_conversations_thread.Reads,
        ),
        Reaction(
            "service-requests",
            service_request_v1.contract,
            from_dispatch_request.react,
            FILE,
            from_dispatch_request.target,
            reads=from_dispatch_request.Reads,
        ),
        Reaction(
            "requests",
            request_v1.contract,
            from_support_request.react,
            FILE,
            from_support_request.target,
            reads=from_support_request.Reads,
        ),
    ),
    routes=http.router,
    wording=WORDING,
    migrations=(tables.TABLES, tables.USAGE, tables.COPIES, tables.UNHELD),
    lookups=(users.lookup, devices.lookup),
    guard=devices.refuse_ended,
    followers=(sweeper.forgetting, sweeper.removing),
    workers={"sweeper": sweeper.sweeping},
    reaches=("objects", "scanner"),
)
