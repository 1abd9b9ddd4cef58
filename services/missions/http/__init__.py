"""The HTTP side of missions: one module a resource, joined here."""

from fastapi import APIRouter

from services.missions.http import drivers, missions, quotes, trips

router = APIRouter()
for resource in (trips, quotes, missions, drivers):
    router.routes.extend(resource.router.routes)
