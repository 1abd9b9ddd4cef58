"""Whether a customer may be written to: what they blocked, and what they said yes or no to."""

from contracts.customers.customer_v1 import ConsentPurpose


def may_be_written_to(purpose: ConsentPurpose, *, blocked: bool, said: bool | None) -> bool:
    """Whether a channel is open (FLB-121, G-49). `said` is the last word of the customer about the
    purpose and the channel; None where they never said anything.

    A blocked channel is closed, whatever was agreed to. Offers need a yes; what is about one's own
    car needs only that nobody said no.
    """
    if blocked:
        return False
    if said is not None:
        return said
    return purpose is not ConsentPurpose.OFFERS
