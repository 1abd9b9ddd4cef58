"""The rules of the service that say no, and where it says what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.marketplace import invitation, marketplace, provider, relation

Rejection = marketplace.Rejection | invitation.Rejection | provider.Rejection | relation.Rejection
WORDING = Wording(__package__, Rejection)
