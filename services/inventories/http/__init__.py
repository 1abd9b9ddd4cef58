"""Every route of the service."""

from services.inventories.http.inventories import router

__all__ = ["router"]
