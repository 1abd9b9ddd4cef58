"""The rules of alerts that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.alerts import searches

Rejection = searches.Rejection
WORDING = Wording(__package__, Rejection)
