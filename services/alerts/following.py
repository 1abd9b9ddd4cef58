"""Reaction: who is forgotten looks for nothing any more."""

from contracts.accounts.user_v1 import SubjectForgotten, UserEvent
from services.alerts.searches import Forget


def react(event: UserEvent) -> list[Forget]:
    if isinstance(event, SubjectForgotten):
        return [Forget(event.user_id, event.forgotten_at)]
    return []


def target(command: Forget) -> str:
    """The driver whose searches go."""
    return command.driver_id
