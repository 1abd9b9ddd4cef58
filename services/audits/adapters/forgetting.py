"""Destroys the keys of audits whose case was made anonymous."""

from collections.abc import Sequence

from infra.consumers.reactions import Enrich
from infra.database import Connection
from infra.host import Running
from services.audits.audit import ForgetLinkedAudit

ACTOR = "reaction:audits.anonymised"


def forgetter(running: Running) -> Enrich:
    """The commands as they are, once the key of each audit is destroyed. A key is destroyed once,
    so that a repetition changes nothing."""

    async def destroy(
        _: Connection, commands: Sequence[ForgetLinkedAudit]
    ) -> Sequence[ForgetLinkedAudit]:
        for one in commands:
            await running.keyring.forget(one.audit_id, ACTOR)
        return commands

    return destroy
