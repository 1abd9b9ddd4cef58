"""The service `reminders`: works that were put off, and the customers who are reminded of them."""

from contracts.interventions import case_v1
from contracts.messaging import message_v1
from contracts.reminders import plan_v1, reminder_v1, workday_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import customers, dealerships, files, users
from services.reminders.adapters import estimating, planning, stopping, terms
from services.reminders.aggregates import PLAN, REMINDER, WORKDAY
from services.reminders.http import router
from services.reminders.http.problems import WORDING
from services.reminders.lookups import customers_customer, interventions_case
from services.reminders.reactions import (
    from_interventions_case,
    from_messaging_message,
    from_reminders_plan,
    from_reminders_reminder,
    from_reminders_workday,
)
from services.reminders.read_models import live, workdays

service = Service(
    name="reminders",
    about="Works that were put off, and the customers who are reminded of them.",
    aggregates=(PLAN, REMINDER, WORKDAY),
    reactions=(
        Reaction(
            name="plans",
            contract=case_v1.contract,
            reads=from_interventions_case.Reads,
            react=from_interventions_case.react,
            aggregate=PLAN,
            target=from_interventions_case.target,
            equip=lambda _: planning.planner(),
        ),
        Reaction(
            name="settlements",
            contract=case_v1.contract,
            reads=from_interventions_case.Settles,
            react=from_interventions_case.settle,
            aggregate=PLAN,
            target=from_interventions_case.target,
        ),
        Reaction(
            name="arrangements",
            contract=plan_v1.contract,
            reads=from_reminders_plan.Reads,
            react=from_reminders_plan.react,
            aggregate=REMINDER,
            target=from_reminders_plan.target,
        ),
        Reaction(
            name="sendings",
            contract=reminder_v1.contract,
            reads=from_reminders_reminder.Reads,
            react=from_reminders_reminder.react,
            aggregate=REMINDER,
            target=from_reminders_reminder.target,
            equip=terms.sender,
        ),
        Reaction(
            name="merges",
            contract=reminder_v1.contract,
            reads=from_reminders_reminder.Merges,
            react=from_reminders_reminder.merge,
            aggregate=REMINDER,
            target=from_reminders_reminder.target,
        ),
        Reaction(
            name="returns",
            contract=reminder_v1.contract,
            reads=from_reminders_reminder.Returns,
            react=from_reminders_reminder.give_back,
            aggregate=WORKDAY,
            target=from_reminders_reminder.day_of,
        ),
        Reaction(
            name="messages",
            contract=message_v1.contract,
            reads=from_messaging_message.Reads,
            react=from_messaging_message.react,
            aggregate=REMINDER,
            target=from_messaging_message.target,
        ),
        Reaction(
            name="places",
            contract=workday_v1.contract,
            reads=from_reminders_workday.Reads,
            react=from_reminders_workday.react,
            aggregate=REMINDER,
            target=from_reminders_workday.target,
        ),
    ),
    followers=(stopping.notes, estimating.notes),
    views=(live.view, workdays.view),
    lookups=(
        users.lookup,
        dealerships.lookup,
        files.lookup,
        customers.lookup,
        customers_customer.contacts,
        customers_customer.cases,
        customers_customer.vehicles,
        interventions_case.lookup,
    ),
    guard=users.refuse_ended,
    migrations=(vault.TABLES + stopping.LOST.definition, estimating.READ.definition),
    workers={"stopping": stopping.Stopping, "estimating": estimating.Estimating},
    routes=router,
    wording=WORDING,
)
