"""Builds the image with buildah, without Docker and without a registry where that is wished."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.outside import ROOT, Absent

CONTAINERFILE = ROOT / "deploy/image/Containerfile"
SUITE = "bookworm"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
HANDED_ON = (Path("/etc/pip.conf"), Path("/etc/ssl/certs/ca-certificates.crt"))
"""The settings of pip and the authorities of this machine hold while an image is built here too."""


@dataclass(frozen=True, slots=True)
class Builder:
    """A buildah with images of its own, in a folder. Raises `Absent` when it cannot work here."""

    folder: Path

    def __post_init__(self) -> None:
        if os.geteuid() != 0:
            raise Absent("only root can build an image here")
        if shutil.which("buildah") is None:
            raise Absent("buildah is absent")

    def made_base(self) -> str:
        """The name of a base made from Debian's packages, as the published one is."""
        if shutil.which("debootstrap") is None:
            raise Absent("debootstrap is absent")
        system = self.folder / "system"
        if not system.exists():
            partly = self.folder / "partly"
            included = f"--include={','.join(PACKAGES)}"
            _run(["debootstrap", "--variant=minbase", included, SUITE, str(partly)])
            shutil.rmtree(partly / "var/cache/apt", ignore_errors=True)
            shutil.rmtree(partly / "var/lib/apt/lists", ignore_errors=True)
            partly.rename(system)
        container = self._buildah("from", "scratch")
        self._buildah("add", "--quiet", container, str(system), "/")
        self._buildah("commit", "--quiet", "--rm", container, "localhost/relais-base")
        return "localhost/relais-base"

    def built(self, base: str = "") -> str:
        """The name of the image; without a base, over the one that the Containerfile names."""
        words = ["--file", str(CONTAINERFILE), "--tag", "localhost/relais", "--layers=false"]
        if base:
            words += ["--pull-never", "--build-arg", f"BASE={base}"]
        words += [f"--volume={path}:{path}:ro" for path in HANDED_ON if path.exists()]
        self._buildah("bud", *words, str(ROOT))
        return "localhost/relais"

    @contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """The files of an image, within the block."""
        container = self._buildah("from", "--pull-never", image)
        try:
            yield Path(self._buildah("mount", container))
        finally:
            self._buildah("rm", container)

    def _buildah(self, word: str, *words: str) -> str:
        storage = [f"--root={self.folder / 'images'}", f"--runroot={self.folder / 'running'}"]
        options = ["--storage-driver=vfs", *storage]
        isolated = ["--isolation=chroot"] if word == "bud" else []
        return _run(["buildah", *options, word, *isolated, *words])


def read_only(system: Path, *program: str) -> Sequence[str]:
    """The command that runs a program of a system as 10001, who can write nothing but `/tmp`."""
    script = (
        'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
        ' && mount -t tmpfs tmpfs "$0/tmp" && mount --bind /dev "$0/dev"'
        ' && exec chroot --userspec=10001:10001 "$0" "$@"'
    )
    return ("unshare", "--mount", "sh", "-c", script, str(system), *program)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout.strip()
