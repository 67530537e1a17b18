"""`hotroute static`: a folder for Nginx to serve, with what a browser would want compressed compressed beforehand."""

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from hotroute.assets import Assets, fingerprinted
from hotroute.settings import SettingError

Compress = Callable[[bytes], bytes]

CODINGS: dict[str, Compress] = {
    "br": lambda content: brotli.compress(content, quality=11),
    # No time in it: the same content gives the same bytes, on whatever machine and day.
    "gzip": lambda content: gzip.compress(content, compresslevel=9, mtime=0),
}
"""By the name of the content coding (RFC 9110, section 8.4.1), which is that of the folder too."""

WORTH_IT = 0.9
"""A variant that is not smaller than this share of the original is not kept."""

SOURCE = re.compile(r"([\w.]+):([\w./-]+)")


def build(source: str, into: Path) -> int:
    """Copy the files of `package:folder` to `into`/identity/static/package/, with variants in `into`/br and /gzip.

    Each is there under its own name and under one with a fingerprint. Nothing is deleted: a page from before a
    deployment still finds what it names. Returns the number of files.

    Raises:
        SettingError: the source is written in another way, or is not there.
    """
    assets = read(source)
    files = assets.files()
    for name, path in files.items():
        content = path.read_bytes()
        names = {name, fingerprinted(name, content) if "." in name else name}
        targets = [Path("static", assets.package, each) for each in names]
        if stale := [target for target in targets if not holds(into / "identity" / target, content)]:
            write_variants(content, path.stat().st_mtime, into, stale)
    return len(files)


def read(source: str) -> Assets:
    found = SOURCE.fullmatch(source)
    if not found:
        raise SettingError(f"{source!r} is not a package and a folder in it, such as shop:static")
    try:
        assets = Assets(*found.groups())
    except ModuleNotFoundError as error:
        raise SettingError(f"{source!r}: {error}") from None
    if not assets.root.is_dir():
        raise SettingError(f"{source!r}: there is no folder {assets.root}")
    return assets


def holds(file: Path, content: bytes) -> bool:
    return file.exists() and file.read_bytes() == content


def write_variants(content: bytes, modified: float, into: Path, targets: list[Path]) -> None:
    for coding, compress in CODINGS.items():
        smaller = compress(content)
        for target in targets:
            if len(smaller) < WORTH_IT * len(content):
                write(into / coding / target, smaller, modified)
            else:
                # Of an earlier content, perhaps.
                (into / coding / target).unlink(missing_ok=True)
    for target in targets:
        # The last one: where this is, the others are.
        write(into / "identity" / target, content, modified)


def write(target: Path, content: bytes, modified: float) -> None:
    """Whole or not at all, for Nginx may be reading; readable by it, whoever builds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.write_bytes(content)
    os.utime(fresh, (modified, modified))
    fresh.chmod(0o644)
    fresh.replace(target)
