"""The rules of depots that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.depot_tours import order, pickup, returned, tour

Rejection = order.Rejection | pickup.Rejection | tour.Rejection | returned.Rejection
WORDING = Wording(__package__, Rejection)
