"""A driver who is forgotten looks for nothing any more."""

from contracts.accounts.user_v1 import SubjectForgotten
from services.alerts.searches import Forget

Reads = SubjectForgotten


def react(event: SubjectForgotten) -> list[Forget]:
    """Forget the searches of the account."""
    return [Forget(driver_id=event.user_id, at=event.forgotten_at)]


def target(command: Forget) -> str:
    """The driver whose searches go."""
    return command.driver_id
