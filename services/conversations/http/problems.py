"""The rules of threads that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.conversations import thread

WORDING = Wording(__package__, thread.Rejection)
