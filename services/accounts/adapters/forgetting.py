"""Forgets the secrets of users who asked to be forgotten."""

from collections.abc import Mapping, Sequence

from contracts.accounts import user_v1
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower
from infra.consumers.records import Delivery
from infra.database import Connection
from services.accounts.adapters import secrets


class Forgetting(Handler):
    """Handles the events of users."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if isinstance(event, user_v1.SubjectForgotten):
                await secrets.forget(connection, event.user_id, event.forgotten_at)
        return {}


forgetting = Follower("forgetting", user_v1.contract, user_v1.SubjectForgotten, Forgetting())
