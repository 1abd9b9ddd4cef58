"""The service `interventions`: the cases of a dealership, and what its customers answer."""

from contracts.customers import customer_v1
from contracts.interventions import case_v1
from contracts.messaging import message_v1
from contracts.payments import charge_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import (
    card_accounts,
    customers,
    customers_of_cases,
    dealerships,
    devices,
    files,
    payments,
    users,
)
from services.interventions.adapters import photo_credentials, photo_sender, visits, working
from services.interventions.aggregates import CASE, PHOTO_ACCOUNT
from services.interventions.http import router
from services.interventions.http.problems import WORDING
from services.interventions.lookups import (
    audits_audit,
    dealerships_checklist,
    dealerships_predefined_message,
    dealerships_template,
)
from services.interventions.reactions import (
    from_customers_customer,
    from_interventions_case,
    from_messaging_message,
    from_payments_charge,
)

service = Service(
    name="interventions",
    about="The cases of a dealership, and what its customers answer.",
    aggregates=(CASE, PHOTO_ACCOUNT),
    reactions=(
        Reaction(
            name="erasures",
            contract=customer_v1.contract,
            reads=from_customers_customer.Reads,
            react=from_customers_customer.react,
            aggregate=CASE,
            target=from_customers_customer.target,
        ),
        Reaction(
            name="messages",
            contract=message_v1.contract,
            reads=from_messaging_message.Reads,
            react=from_messaging_message.react,
            aggregate=CASE,
            target=from_messaging_message.target,
        ),
        Reaction(
            name="told",
            contract=case_v1.contract,
            reads=from_interventions_case.Reads,
            react=from_interventions_case.react,
            enrich=working.at_dealerships,
            aggregate=CASE,
            target=from_interventions_case.target,
        ),
        Reaction(
            name="visit_questions",
            contract=case_v1.contract,
            reads=from_interventions_case.Questions,
            react=from_interventions_case.ask,
            equip=visits.asker,
            aggregate=CASE,
            target=from_interventions_case.target,
        ),
        Reaction(
            name="paid",
            contract=charge_v1.contract,
            reads=from_payments_charge.Reads,
            react=from_payments_charge.react,
            enrich=working.at_dealerships,
            aggregate=CASE,
            target=from_payments_charge.target,
        ),
    ),
    lookups=(
        users.lookup,
        devices.lookup,
        dealerships.lookup,
        files.lookup,
        customers.lookup,
        customers_of_cases.lookup,
        dealerships_template.lookup,
        dealerships_checklist.lookup,
        dealerships_predefined_message.lookup,
        payments.lookup,
        card_accounts.lookup,
        audits_audit.lookup,
    ),
    guard=devices.refuse_ended,
    migrations=(vault.TABLES, photo_credentials.TABLES, photo_sender.TABLES),
    workers={"photos": photo_sender.PhotoSender},
    routes=router,
    wording=WORDING,
    reaches=("vendors",),
)
