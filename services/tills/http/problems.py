"""The rules of tills that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.tills import till

WORDING = Wording(__package__, till.Rejection)
