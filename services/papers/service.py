"""The service `papers`: what partners have to prove, and until when it holds."""

from infra.host import Service
from infra.lookups import files
from services.papers.aggregates import PAPER
from services.papers.http import papers
from services.papers.http.problems import WORDING

service = Service(
    name="papers",
    about="What partners have to prove, and until when it holds.",
    aggregates=(PAPER,),
    lookups=(files.lookup,),
    routes=lambda _: papers.router,
    wording=WORDING,
)
