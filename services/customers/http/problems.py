"""The rules of customers that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.customers.customer.commands import Rejection

WORDING = Wording(__package__, Rejection)
