"""The rules of cases that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.interventions import case

WORDING = Wording(__package__, case.Rejection)
