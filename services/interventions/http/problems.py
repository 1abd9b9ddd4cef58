"""The rules of cases that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.interventions import case, photo_account

Rejection = case.Rejection | photo_account.Rejection
WORDING = Wording(__package__, Rejection)
