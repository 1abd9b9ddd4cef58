"""The rules of audits that say no, and where their words are: `texts.yaml`."""

from infra.wording import Wording
from services.audits import audit, template

Rejection = audit.Rejection | template.Rejection
WORDING = Wording(__package__, Rejection)
