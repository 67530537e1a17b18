"""Which Nginx to run, and what that one can do: the configuration is rendered for it."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hotroute.serving.binaries import INSTALL, NotInstalledError, nginx_candidates

OLDEST = (1, 22, 0)
"""Debian 12's; older ones lack what the configuration needs."""

MODULES = ("http_ssl_module", "http_v2_module")


class Nginx(NamedTuple):
    """One program: its version as numbers, and what `nginx -V` says of how it was built."""

    path: Path
    version: tuple[int, ...]
    build: str

    def since(self, *version: int) -> bool:
        return self.version >= version

    def shortcoming(self) -> str:
        """Why this program cannot run the configuration; empty if it can."""
        if not self.since(*OLDEST):
            return f"version {dotted(self.version)} is older than {dotted(OLDEST)}"
        missing = [module for module in MODULES if f"--with-{module}" not in self.build]
        return f"it was built without {', '.join(missing)}" if missing else ""


def choose(environ: Mapping[str, str]) -> Nginx:
    """The first Nginx that can run the configuration; says on standard error why one on the PATH was passed over.

    Raises:
        NotInstalledError: there is none that can.
    """
    for path in nginx_candidates(environ):
        nginx = inspect(path)
        if not nginx.shortcoming():
            return nginx
        print(f"{path} is not used: {nginx.shortcoming()}", file=sys.stderr)
    raise NotInstalledError(f"No nginx from version {dotted(OLDEST)} on was found. {INSTALL}")


def inspect(path: Path) -> Nginx:
    told = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=10, check=False).stderr  # noqa: S603
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told)
    return Nginx(path, tuple(map(int, found.groups())) if found else (0,), told)


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def command(nginx: Nginx, conf: Path) -> list[str]:
    """How to start it with this configuration: everything it writes is in the folder of the configuration."""
    return [str(nginx.path), "-e", "stderr", "-p", f"{conf.parent}/", "-c", str(conf)]
