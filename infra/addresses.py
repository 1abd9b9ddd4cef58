"""Addresses of e-mail: one parser decides what is one, where it is entered and where it is used."""


def mailbox(text: str) -> str:
    """The address as it is kept: as entered, but for the case and the Unicode form of its domain.

    An address is refused unless every server can carry it and reads it as we do: the part before
    the @ is ASCII without quotes and comments, the domain is one of the public internet, in any
    script. Nobody is asked whether it exists. Raises ValueError with the rule that is broken.
    """
    return _parsed(text)[0]


def wire_form(text: str) -> str:
    """The same address in ASCII, as mail servers take it. Raises ValueError as `mailbox` does."""
    return _parsed(text)[1]


def _parsed(text: str) -> tuple[str, str]:
    # Its patterns take long to compile, and many processes never see an address.
    from email_validator import validate_email  # noqa: PLC0415

    found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    # Only an address with an accent before the @ has no form in ASCII.
    assert found.ascii_email is not None
    return found.normalized, found.ascii_email
