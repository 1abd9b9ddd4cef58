"""Reaction: what came back otherwise than it left is looked at by support (G-26)."""

from contracts.depot_tours.returned_v1 import DiscrepancyFound
from contracts.support.request_v1 import (
    AttachedObject,
    ObjectKind,
    ObjectStatus,
    RequestChannel,
    RequestType,
)
from services.support.request import OpenRequest, id_of_claim

Reads = DiscrepancyFound


def react(event: Reads) -> list[OpenRequest]:
    """A request of whoever counted. The note is about the recipient, and stays with the claim."""
    return [
        OpenRequest(
            request_id=id_of_claim(event.order_id, event.claim_id),
            organisation_id=event.organisation_id,
            user_id=event.found_by,
            type=RequestType.DISCREPANCY,
            channel=RequestChannel.AUTOMATIC,
            about=AttachedObject(
                kind=ObjectKind.RETURN,
                object_id=event.order_id,
                called=event.tracking_number,
                status=ObjectStatus.DISPUTED,
                version=None,
                carrier_id=event.courier_id,
            ),
            claim_id=event.claim_id,
            at=event.found_at,
        )
    ]


def target(command: OpenRequest) -> str:
    """The request whose stream takes the command."""
    return command.request_id
