"""The questions of partners about themselves: profile, papers, invoices, statements."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.account import invoices, papers, profile, statements

QUESTIONS = (profile, papers, invoices, statements)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.account",
    about="The questions of partners about themselves: profile, papers, invoices, statements.",
    views=tuple(question.view for question in QUESTIONS),
    routes=lambda _: router,
    wording=Wording(__package__),
)
