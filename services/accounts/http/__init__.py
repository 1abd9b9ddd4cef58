"""The HTTP side of accounts: one module a resource, joined here."""

from fastapi import APIRouter

from infra.host import Running
from services.accounts.http import (
    browser,
    companies,
    dealership_users,
    depot_users,
    device_tokens,
    email,
    keys,
    organisation,
    passwords,
    phone,
    profile,
    registration,
    role_views,
    second_factor,
    sessions,
    sign_in,
    support_access,
    users,
)
from services.accounts.http.access import Access


def router(running: Running) -> APIRouter:
    """All routes of accounts."""
    access = Access(running)
    joined = APIRouter()
    for resource in (
        keys,
        sign_in,
        sessions,
        browser,
        passwords,
        email,
        phone,
        profile,
        second_factor,
        registration,
        companies,
        depot_users,
        dealership_users,
        device_tokens,
        role_views,
        users,
        organisation,
        support_access,
    ):
        joined.routes.extend(resource.routes(access).routes)
    return joined
