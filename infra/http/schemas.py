"""The contracts of events, for those who read topics: those of the release that is running."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import contracts

_FOLDER = Path(contracts.__file__).parent
_FILES = {
    "asyncapi.yaml": "application/yaml",
    "descriptors.binpb": "application/x-protobuf",
}


def schema_routes() -> Sequence[BaseRoute]:
    """`/contracts/asyncapi.yaml`, `/contracts/descriptors.binpb`, and `/contracts/schemas/<URI>`:
    the .proto of the events whose header `ce_dataschema` is that URI."""
    return (
        Route("/contracts/schemas/{uri}", _schema, include_in_schema=False),
        Route("/contracts/{file}", _file, include_in_schema=False),
    )


async def _file(request: Request) -> Response:
    name = request.path_params["file"]
    if (media_type := _FILES.get(name)) is None:
        raise HTTPException(404)
    return FileResponse(_FOLDER / name, media_type=media_type)


async def _schema(request: Request) -> Response:
    # The document is read once, when it is first asked for, and that takes a moment.
    known = await run_in_threadpool(_schemas)
    if (found := known.get(request.path_params["uri"])) is None:
        raise HTTPException(404)
    return PlainTextResponse(found)


@cache
def _schemas() -> Mapping[str, str]:
    """The .proto of each message, by its URI."""
    document = yaml.load((_FOLDER / "asyncapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    found = {}
    for message in document["components"]["messages"].values():
        [_, own] = message["headers"]["allOf"]
        found[own["properties"]["ce_dataschema"]["const"]] = message["payload"]["schema"]
    return found
