"""The questions of people about themselves: profile, papers, money, requests to support."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.account import (
    invoices,
    notices_read,
    notices_to_read,
    organisations,
    papers,
    profile,
    requests,
    statements,
    threads,
)

QUESTIONS = (profile, papers, invoices, statements, requests, notices_to_read, threads)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.account",
    about="The questions of people about themselves, their money, and what they write and ask.",
    views=(*(question.view for question in QUESTIONS), organisations.view, notices_read.view),
    routes=lambda _: router,
    wording=Wording(__package__),
)
