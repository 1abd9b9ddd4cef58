"""The API of alerts."""

from fastapi import APIRouter

from services.alerts.http import searches
from services.alerts.read_models import alerts

router = APIRouter(routes=[*searches.router.routes, *alerts.router.routes])
