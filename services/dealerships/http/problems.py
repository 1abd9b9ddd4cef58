"""The rules of dealerships that say no, and where it says what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.dealerships import checklist, dealership, predefined_message, template

Rejection = (
    dealership.Rejection | checklist.Rejection | template.Rejection | predefined_message.Rejection
)
WORDING = Wording(__package__, Rejection)
