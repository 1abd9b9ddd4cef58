"""How an e-mail address or a phone is compared: two that mean the same are one text (G-76)."""

import unicodedata


def normal_email(text: str) -> str:
    """The address without blanks around it, capitals and the several forms of one letter.

    Dots and what follows a plus sign stay: only the provider knows whether they mean the same
    mailbox, and with most of them two people may differ by nothing else.
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()
