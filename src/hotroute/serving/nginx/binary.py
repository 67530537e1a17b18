"""Which Nginx to run, what that one can do, and how it is started."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hotroute.serving.settings.executables import INSTALL, NotInstalledError, nginx_candidates

OLDEST = (1, 22, 0)
"""Debian 12's; older ones lack what the configuration needs."""

MODULES = ("http_ssl_module", "http_v2_module", "http_realip_module")


class Nginx(NamedTuple):
    """One program: its version as numbers, and what `nginx -V` says of how it was built."""

    path: Path
    version: tuple[int, ...]
    build: str

    def since(self, *version: int) -> bool:
        return self.version >= version

    def built_with(self, module: str) -> bool:
        return f"--with-{module}" in self.build

    def knows(self, directive: str) -> bool:
        """Whether the program has the directive: distributions give old versions some of the new ones."""
        return directive.encode() in self.path.read_bytes()

    @property
    def openssl(self) -> tuple[int, ...]:
        """The version that it runs with; the one that it was built with comes first in `build`."""
        found = re.findall(r"OpenSSL (\d+)\.(\d+)", self.build)
        return tuple(map(int, found[-1])) if found else (0,)

    def shortcoming(self) -> str:
        """Why this program cannot run the configuration; empty if it can."""
        if not self.since(*OLDEST):
            return f"version {dotted(self.version)} is older than {dotted(OLDEST)}"
        missing = [module for module in MODULES if not self.built_with(module)]
        return f"it was built without {', '.join(missing)}" if missing else ""


def choose(environ: Mapping[str, str]) -> Nginx:
    """The first Nginx that can run the configuration; says on standard error why one was passed over.

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
    """How to start it with this configuration, and with nothing from the places that it was built for."""
    return [str(nginx.path), "-e", "stderr", "-p", f"{conf.parent}/", "-c", str(conf)]
