"""The details of a company that sellers and buyers have in common."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra import companies
from infra.http.models import Body, Called, MoneyBody
from infra.http.printed import PrintedLine

Country = Annotated[
    Literal["BE", "CH", "DE", "ES", "FR", "GB", "GR", "IT", "LU", "MA", "MC", "NL", "PT"],
    Called("Country"),
]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ./-]{2,40}$")]

Endpoint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{2,125}$")]


class CompanyOnInvoices(Body):
    """Any company, as it stands on invoices."""

    legal_name: PrintedLine
    postal_code: PostalCode
    city: PrintedLine
    country: Country
    company_number: Number
    """SIRET in France, ICE in Morocco, the register's number elsewhere."""
    legal_form: Annotated[PrintedLine, Field(examples=["SAS"])] | None = None
    registration: Annotated[PrintedLine, Field(examples=["RCS Paris 732 829 320"])] | None = None
    """The register the company is in, and its number there."""
    share_capital: MoneyBody | None = None
    endpoint: Endpoint | None = None
    """Where platforms deliver to it in France: its SIREN, or that, `_` and a suffix.

    The SIREN when it is absent.
    """

    def company(self) -> str:
        """The company's number, as it is kept. Raises ValueError, also for its endpoint."""
        number = companies.company_number(self.country, self.company_number)
        if self.endpoint is not None:
            companies.endpoint(self.country, number, self.endpoint)
        return number
