"""The ids in the paths of this API."""

from typing import Annotated

from fastapi import Path

from infra.http.models import Id

InvoiceId = Annotated[
    Id, Path(description="`inv-` and the id of the trip: `inv-T7KQ2M9XDPA3` of `T7KQ2M9XDPA3`.")
]
