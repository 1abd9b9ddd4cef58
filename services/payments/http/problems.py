"""The rules of payments that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.payments import account, charge, payee, payout, settlement

OfMoneyOut = payee.Rejection | payout.Rejection | settlement.Rejection
Rejection = OfMoneyOut | account.Rejection | charge.Rejection
WORDING = Wording(__package__, Rejection)
