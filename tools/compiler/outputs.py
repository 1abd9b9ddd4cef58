"""Every file the compiler writes, and its content."""

from pathlib import Path

from tools.compiler import python, schema


def outputs(root: Path) -> dict[Path, bytes]:
    """Path below the repository's root -> content. The same contracts give the same bytes."""
    descriptors = schema.compile_protos(root / "contracts")
    packages = schema.read(descriptors)
    files = {
        Path("contracts/descriptors.binpb"): schema.without_comments(descriptors),
        Path("contracts/index.py"): python.index(packages).encode(),
    }
    for package in packages:
        path = Path(*python.module_name(package.name).split(".")).with_suffix(".py")
        files[path] = python.module(package, packages).encode()
        if package.events:
            files[path.parent / "__init__.py"] = b""
    return files


def stale(root: Path, files: dict[Path, bytes]) -> list[Path]:
    """The files whose content differs from what the contracts say, or that do not exist."""
    return [
        path
        for path, content in sorted(files.items())
        if not (root / path).is_file() or (root / path).read_bytes() != content
    ]


def write(root: Path, files: dict[Path, bytes]) -> list[Path]:
    """Writes what is stale, and says what that was."""
    changed = stale(root, files)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(files[path])
    return changed
