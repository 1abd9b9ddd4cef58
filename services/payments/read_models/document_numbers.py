"""The number of the document of each entry in the books of card payments that has one."""

from dataclasses import dataclass

from contracts.payments.charge_v1 import DocumentNumbered, contract
from infra.consumers.views import View

Reads = DocumentNumbered


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    charge_id: str
    entry_id: str
    number: str


def key(event: Reads) -> tuple[str, str]:
    return event.charge_id, entry_of(event)


def entry_of(event: Reads) -> str:
    if event.refund_id is None:
        return "payment"
    return f"{'bounced' if event.cancels else 'refund'}:{event.refund_id}"


def project(_: DocumentNumber | None, event: Reads) -> DocumentNumber:
    return DocumentNumber(event.charge_id, entry_of(event), event.number)


view = View(
    name="document_numbers",
    contract=contract,
    reads=Reads,
    row=DocumentNumber,
    primary_key=("charge_id", "entry_id"),
    key=key,
    project=project,
)
