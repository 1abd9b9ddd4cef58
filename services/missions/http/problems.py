"""The rules of missions that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.missions import clearance, driver, trip

Rejection = trip.Rejection | driver.Rejection | clearance.Rejection
WORDING = Wording(__package__, Rejection)
