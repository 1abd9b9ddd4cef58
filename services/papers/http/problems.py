"""The rules of papers that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.papers import paper

Rejection = paper.Rejection
WORDING = Wording(__package__, Rejection)
