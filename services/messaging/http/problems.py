"""The rules of messaging that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.messaging import message, preferences

Rejection = message.Rejection | preferences.Rejection
WORDING = Wording(__package__, Rejection)
