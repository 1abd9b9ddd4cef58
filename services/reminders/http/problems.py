"""The rules of reminders that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.reminders import plan, reminder

WORDING = Wording(__package__, plan.Rejection | reminder.Rejection)
