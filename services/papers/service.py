"""The service `papers`: what partners have to prove, and until when it holds."""

from infra.host import Service
from services.papers import api, problems
from services.papers.aggregates import PAPER

service = Service(
    name="papers",
    aggregates=(PAPER,),
    routes=lambda _: api.router,
    problem=problems.problem,
)
