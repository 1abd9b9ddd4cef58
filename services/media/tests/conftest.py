"""A bucket on the S3 server of the session."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3  # type: ignore[import-untyped]
import pytest

from infra.stack.objects import KEY, REGION, SECRET, ObjectServer


@dataclass(frozen=True)
class Bucket:
    """A bucket of one test, and the settings that have files kept there."""

    client: Any
    name: str
    settings: dict[str, str]

    def kept(self, file: str = "") -> list[str]:
        """The objects of a file, or all."""
        page = self.client.list_objects_v2(Bucket=self.name, Prefix=f"relais/files/{file}")
        return sorted(each["Key"].rpartition("/")[2] for each in page.get("Contents", []))


@pytest.fixture
def bucket(object_server: ObjectServer) -> Bucket:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    client = boto3.client("s3", endpoint_url=object_server.url, region_name=REGION, **keys)
    name = f"media-{uuid4().hex}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    settings = {
        "objects": f"s3://{name}/relais",
        "s3_endpoint": object_server.url,
        "s3_key": KEY,
        "s3_secret": SECRET,
        "s3_region": REGION,
    }
    return Bucket(client, name, settings)
