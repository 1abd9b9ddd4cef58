"""The rules of requests, jobs and contracts that say no, and where it says to people what they
mean: `texts.yaml`."""

from infra.wording import Wording
from services.dispatch import contract, job, request

WORDING = Wording(__package__, request.Rejection | job.Rejection | contract.Rejection)
