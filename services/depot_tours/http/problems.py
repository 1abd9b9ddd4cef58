"""The rules of depots that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.depot_tours import order, tour

Rejection = order.Rejection | tour.Rejection
WORDING = Wording(__package__, Rejection)
