"""The rules of payments that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.payments import payee, payout

Rejection = payee.Rejection | payout.Rejection
WORDING = Wording(__package__, Rejection)
