"""Which streams the service keeps, and what decides about each."""

from contracts.reminders import plan_v1, reminder_v1, workday_v1
from infra.commands import Aggregate
from services.reminders import plan, reminder, workday
from services.reminders.reminder import sending

PLAN = Aggregate(
    contract=plan_v1.contract,
    decide=plan.decide,
    evolve=plan.evolve,
    initial=plan.initial,
)
REMINDER = Aggregate(
    contract=reminder_v1.contract,
    decide=reminder.decide,
    evolve=reminder.evolve,
    initial=reminder.initial,
    timers=sending.timers,
    on_timer=reminder.on_timer,
)
WORKDAY = Aggregate(
    contract=workday_v1.contract,
    decide=workday.decide,
    evolve=workday.evolve,
    initial=workday.initial,
)
