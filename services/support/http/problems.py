"""The rules of support that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.support import desk, notice, reply, request

Rejection = request.Rejection | reply.Rejection | notice.Rejection | desk.Rejection
WORDING = Wording(__package__, Rejection)
