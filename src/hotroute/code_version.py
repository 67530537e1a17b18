"""Which code made an answer: after a deployment, what the code before it stored is not served any more."""

from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

SOURCES = frozenset({".py", ".html", ".jinja", ".j2", ".json", ".txt", ".xml"})
"""What answers are made of."""


def of(*packages: str) -> str:
    """A digest of the packages' sources, the same on every host that runs the same code.

    Raises:
        LookupError: there is no such package.
    """
    digest = blake2b(digest_size=8)
    for package in packages:
        for folder in folders(package):
            for file in sorted(path for path in folder.rglob("*") if path.suffix in SOURCES and path.is_file()):
                content = file.read_bytes()
                digest.update(f"{package}/{file.relative_to(folder).as_posix()}:{len(content)}:".encode())
                digest.update(content)
    return digest.hexdigest()


def digest(content: bytes) -> str:
    """Return the digest of one file's content."""
    return blake2b(content, digest_size=8).hexdigest()


def folders(package: str) -> list[Path]:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise LookupError(f"there is no package {package}")
    return list(map(Path, found.submodule_search_locations))
