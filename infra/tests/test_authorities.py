"""PostgreSQL and S3 behind a certificate authority of their own: trusted when it is named."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import psycopg
import pytest
import pytest_asyncio
from psycopg_pool import PoolTimeout

from infra.database import Pool, open_pool
from infra.objects import ObjectsAway, objects_of
from infra.settings import Settings
from infra.stack.choice import LIBRARIES
from infra.stack.objects import KEY, REGION, SECRET, ObjectServer
from infra.stack.ports import LOOPBACK
from infra.stack.postgres import PostgresServer, socket_dir_of
from infra.testing.certificates import Authority
from infra.testing.eventually import eventually

SSL_REQUEST_BYTES = 8
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has the file of the authority, `ca.pem`, of another one, `other.pem`, and of a server."""
    made = tmp_path_factory.mktemp("authorities")
    authority = Authority.made("an authority of our own")
    authority.written(made / "ca.pem")
    authority.server(made / "server.pem")
    Authority.made("another authority").written(made / "other.pem")
    return made


# --- S3 ---------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bucket(folder: Path, object_server: ObjectServer) -> AsyncIterator[dict[str, str]]:
    """The settings with which a bucket on a server with TLS is used, but for its authority."""
    server = ObjectServer(object_server.kind, folder / "s3", LIBRARIES, keys=folder / "server.pem")
    await server.start()
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    trusts = {"endpoint_url": server.url, "verify": str(folder / "ca.pem")}
    client = boto3.client("s3", region_name=REGION, **trusts, **keys)
    where = {"LocationConstraint": REGION}
    await asyncio.to_thread(client.create_bucket, Bucket="files", CreateBucketConfiguration=where)
    known = {"s3_key": KEY, "s3_secret": SECRET, "s3_region": REGION}
    yield {"objects": "s3://files/relais", "s3_endpoint": server.url, **known}
    await server.stop()


async def test_an_s3_of_the_authority_that_is_named_is_used(
    folder: Path, bucket: dict[str, str]
) -> None:
    objects = objects_of(Settings.model_validate({**bucket, "s3_ca": folder / "ca.pem"}))
    await objects.put("files/a", b"content")
    assert [part async for part in objects.read("files/a", 0, 7)] == [b"content"]


@pytest.mark.parametrize("authority", [None, "other.pem"])
async def test_an_s3_of_any_other_authority_is_not_talked_to(
    folder: Path, bucket: dict[str, str], authority: str | None
) -> None:
    trusts = {"s3_ca": folder / authority} if authority else {}
    objects = objects_of(Settings.model_validate({**bucket, **trusts}))
    with pytest.raises(ObjectsAway, match="error sending request"):
        await objects.put("files/b", b"content")


# --- PostgreSQL -------------------------------------------------------------


@asynccontextmanager
async def door(server: PostgresServer, context: ssl.SSLContext) -> AsyncIterator[int]:
    """A port where PostgreSQL is reached by TLS alone: the server of the tests is built without."""
    socket = str(socket_dir_of(server.data_dir) / ".s.PGSQL.5432")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            await reader.readexactly(SSL_REQUEST_BYTES)
            writer.write(b"S")
            await writer.start_tls(context)
            there, to = await asyncio.open_unix_connection(socket)
            with closing(to):
                await asyncio.gather(_pass_on(reader, to), _pass_on(there, writer))

    listening = await asyncio.start_server(serve, LOOPBACK, 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(65_536):
        writer.write(block)
        await writer.drain()
    writer.close()


def trusting(port: int, authority: Path | None) -> Settings:
    """Settings that name one, or nothing but that the certificate is to be checked."""
    url = f"postgresql://postgres@{LOOPBACK}:{port}/postgres?sslmode=verify-full"
    named = f"&sslrootcert={authority}" if authority else "&sslrootcert=system"
    return Settings(postgres=url + named, databases={"missions": url + named})


async def test_a_postgresql_of_the_authority_that_is_named_is_used(
    folder: Path, postgres: PostgresServer
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    async with door(postgres, context) as port:
        settings = trusting(port, folder / "ca.pem")
        pool = await open_pool(settings.database("missions"), 2, "test")
        async with pool.connection() as connection:
            assert connection.pgconn.ssl_in_use
        await pool.close()
        assert f"sslrootcert={folder / 'ca.pem'}" in settings.database("invoices")
        assert "sslmode=verify-full" in settings.database("invoices")


@pytest.mark.parametrize("authority", [None, "other.pem"])
async def test_a_postgresql_of_any_other_authority_is_not_talked_to(
    folder: Path, postgres: PostgresServer, authority: str | None
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    async with door(postgres, context) as port:
        settings = trusting(port, folder / authority if authority else None)
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            await psycopg.AsyncConnection.connect(settings.database("missions"))


async def test_once_an_expired_certificate_is_renewed_the_same_pool_goes_on(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    authority, keys = Authority.made("an authority of our own"), tmp_path / "server.pem"
    context = authority.context(keys)
    async with door(postgres, context) as port:
        settings = trusting(port, authority.written(tmp_path / "ca.pem"))
        pool = await open_pool(settings.database("missions"), 2, "test")
        context.load_cert_chain(authority.server(keys, holds=-MINUTE))
        await all_close(pool)
        with pytest.raises((psycopg.OperationalError, PoolTimeout)):
            await asked(pool)
        context.load_cert_chain(authority.server(keys))
        await eventually(lambda: answered(pool))
        await pool.close()


async def all_close(pool: Pool) -> None:
    """Every connection of the pool is ended, as by a server that starts again."""
    async with pool.connection() as connection:
        with pytest.raises(psycopg.OperationalError):
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'relais-test' order by pid = pg_backend_pid()"
            )


async def asked(pool: Pool) -> None:
    async with pool.connection(timeout=1.0) as connection:
        await connection.execute("select 1")


async def answered(pool: Pool) -> None:
    try:
        await asked(pool)
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise AssertionError("the pool has not come back yet") from error
