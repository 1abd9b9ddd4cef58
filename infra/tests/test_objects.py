"""One storage port: the local folder and a server that speaks S3 keep the same promises."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from random import randbytes

import boto3  # type: ignore[import-untyped]
import pytest
import pytest_asyncio

from infra.objects import WINDOW, ObjectMissing, Objects, ObjectsAway, objects_of
from infra.settings import Settings
from infra.stack.objects import KEY, REGION, SECRET, ObjectServer
from infra.stack.ports import free_port


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(object_server: ObjectServer) -> AsyncIterator[ObjectServer]:
    """The S3 server of the session, with the bucket `files`."""
    client = boto3.client(
        "s3",
        endpoint_url=object_server.url,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield object_server


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """Each of the two."""
    if request.param == "folder":
        return objects_of(Settings(home=tmp_path))
    found: ObjectServer = request.getfixturevalue("server")
    return objects_of(
        Settings.model_validate(
            {
                "objects": f"s3://files/{tmp_path.name}",
                "s3_endpoint": found.url,
                "s3_key": KEY,
                "s3_secret": SECRET,
                "s3_region": REGION,
            }
        )
    )


async def read(objects: Objects, name: str, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in objects.read(name, start, end)])


async def test_what_is_put_is_read_back_whole_and_in_ranges(objects: Objects) -> None:
    await objects.put("files/a/original", b"0123456789")
    assert await read(objects, "files/a/original", 0, 10) == b"0123456789"
    assert await read(objects, "files/a/original", 3, 4) == b"3"
    await objects.put("files/a/original", b"another")
    assert await read(objects, "files/a/original", 0, 7) == b"another"


async def test_one_object_is_removed_and_removing_it_again_is_no_error(objects: Objects) -> None:
    await objects.put("files/c/0", b"0123456789")
    await objects.put("files/c/00", b"another")
    for _ in range(2):
        await objects.remove("files/c/0")
        with pytest.raises(ObjectMissing):
            await read(objects, "files/c/0", 0, 10)
    assert await read(objects, "files/c/00", 0, 7) == b"another"
    await objects.remove("no/such/folder")


async def test_nobody_else_on_this_machine_reads_what_is_kept_in_a_folder(tmp_path: Path) -> None:
    await objects_of(Settings(home=tmp_path)).put("files/a/pieces/0", b"0123456789")
    kept = tmp_path / "objects"
    modes = [
        stat.S_IMODE(path.stat().st_mode)
        for path in (kept, kept / "files/a", kept / "files/a/pieces", kept / "files/a/pieces/0")
    ]
    assert modes == [0o700, 0o700, 0o700, 0o600]


async def test_a_large_file_goes_in_and_out_in_windows(objects: Objects, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(randbytes(2 * WINDOW + 1))
    await objects.put("files/b/original", large)
    sizes = [len(piece) async for piece in objects.read("files/b/original", 0, 2 * WINDOW + 1)]
    assert sizes == [WINDOW, WINDOW, 1]
    assert await read(objects, "files/b/original", 0, 2 * WINDOW + 1) == large.read_bytes()


async def test_clearing_a_folder_leaves_its_neighbours(objects: Objects) -> None:
    for name in ("files/c/pieces/0", "files/c/pieces/1", "files/c/original", "files/cc/original"):
        await objects.put(name, b"x")
    await objects.clear("files/c")
    await objects.clear("files/c")
    with pytest.raises(ObjectMissing):
        await read(objects, "files/c/pieces/0", 0, 1)
    assert await read(objects, "files/cc/original", 0, 1) == b"x"


async def test_a_store_that_does_not_answer_is_away_and_nothing_is_missing() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    named = {"objects": "s3://files", "s3_endpoint": nobody, "s3_key": KEY, "s3_secret": SECRET}
    objects = objects_of(Settings.model_validate(named))
    asked = (
        objects.put("files/d", b"x"),
        read(objects, "files/d", 0, 1),
        objects.clear("files/d"),
    )
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in found] == [ObjectsAway] * 3
