"""The texts of messaging, beside this module, and what fills them."""

from importlib.resources import files

from contracts.messaging.message_v1 import MessageQueued, MessageScheduled
from infra.post import letters
from services.messaging.preferences import Recipient

LIBRARY = letters.Library(files("services.messaging.edge") / "templates")


def letter(
    queued: MessageQueued, plan: MessageScheduled, person: Recipient, portal: str
) -> letters.Letter:
    """The words of a message, in the language and version of its plan.

    Raises `NoSuchTemplate`, or `NotFilled` when its facts do not fill them (any more).
    """
    facts = letters.facts_of(queued.facts, queued.private)
    found = LIBRARY.template(queued.template, plan.template_version)
    known = {"name": person.contact.name, "portal": portal}
    return LIBRARY.write(found, plan.language, facts | known)
