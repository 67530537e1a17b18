"""Name the code that runs: a deployment must not be answered from what the code before it stored."""

from importlib.util import find_spec
from pathlib import Path

from flask import Flask

from hotroute import code_version


def digest_release(app: Flask) -> str:
    """Return a digest of the sources of the application's package, or of its module's file, and of the engine's."""
    package = app.import_name.partition(".")[0]
    spec = find_spec(package) if package != "__main__" else None
    if spec and spec.submodule_search_locations:
        return code_version.of(package, "hotroute")
    file = Path(spec.origin) if spec and spec.origin else None
    content = file.read_bytes() if file and file.is_file() else b""
    return code_version.of("hotroute") + code_version.digest(content)
