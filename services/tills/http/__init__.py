"""Every route of the service."""

from fastapi import APIRouter

from services.tills.http import books, custody, days

router = APIRouter(routes=[route for one in (days, custody, books) for route in one.router.routes])
