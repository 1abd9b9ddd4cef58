"""Every file the compiler writes, and its content."""

from collections.abc import Mapping
from pathlib import Path

from tools.compiler import asyncapi, changes, python, rules, schema, topics
from tools.compiler.schema import ContractError, Package
from tools.compiler.topics import Topics

GENERATED_MODULES = "contracts/**/*_v[0-9]*.py"


def contracts(root: Path) -> tuple[bytes, list[Package]]:
    """The descriptors and the packages. Raises ContractError when they break a rule."""
    descriptors = schema.compile_protos(root / "contracts")
    packages = schema.read(descriptors)
    released = changes.released(root, descriptors)
    if complaints := [*rules.complaints(packages), *rules.additions(released, packages)]:
        raise ContractError("\n".join(complaints))
    return descriptors, packages


def outputs(root: Path) -> dict[Path, bytes]:
    """Path below the repository's root -> content. The same contracts give the same bytes."""
    descriptors, packages = contracts(root)
    files = {
        Path("contracts/descriptors.binpb"): schema.without_comments(descriptors),
        Path("contracts/index.py"): python.index(packages).encode(),
    }
    for package in packages:
        path = Path(*python.module_name(package.name).split(".")).with_suffix(".py")
        files[path] = python.module(package, packages).encode()
        if package.events:
            files[path.parent / "__init__.py"] = b""
    document = asyncapi.document(packages, promises(root, packages))
    files[Path("contracts/asyncapi.yaml")] = document.encode()
    return files


def promises(root: Path, packages: list[Package]) -> Topics:
    """The topic file of each package that has events. Raises ContractError."""
    return {package.name: topics.load(root, package) for package in packages if package.events}


def stale(root: Path, files: Mapping[Path, bytes]) -> list[Path]:
    """The files that differ from what the contracts say, are missing, or are left over."""
    differing = {
        path
        for path, content in files.items()
        if not (root / path).is_file() or (root / path).read_bytes() != content
    }
    modules = {path.relative_to(root) for path in root.glob(GENERATED_MODULES)}
    return sorted(differing | (modules - files.keys()))


def write(root: Path, files: Mapping[Path, bytes]) -> list[Path]:
    """Writes or removes what is stale, and says what that was.

    Nothing takes its place before all of it is on the disk. Raises ContractError when one file
    cannot be written; then all are as they were.
    """
    changed = stale(root, files)
    written: list[Path] = []
    for path in changed:
        if path in files:
            try:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                _beside(root / path).write_bytes(files[path])
            except OSError as error:
                for one in written:
                    _beside(one).unlink()
                raise ContractError(f"{path}: cannot be written: {error.strerror}") from None
            written.append(root / path)
    for one in written:
        _beside(one).replace(one)
    for path in changed:
        if path not in files:
            (root / path).unlink()
    return changed


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")
