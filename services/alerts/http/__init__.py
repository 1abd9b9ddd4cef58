"""The API of alerts."""

from fastapi import APIRouter

from services.alerts.http import alerts, searches

router = APIRouter(routes=[*searches.router.routes, *alerts.router.routes])
