"""The load generator: wrk on one thread with 32 kept-alive connections."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

OPTIONS = ("-t1", "-c32")
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "wrk")


class Load(NamedTuple):
    """What a run completed: requests, and requests per second."""

    requests: int
    rate: float


class LoadError(RuntimeError):
    """wrk is missing, or what it measured was not the answers that were asked for."""


def find() -> str:
    """The program; installed from Debian's packages where that is allowed.

    Raises:
        LoadError: it is not there, with the command that installs it.
    """
    if (found := shutil.which("wrk")) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "--quiet"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(INSTALL, check=False, stdout=subprocess.DEVNULL)
        found = shutil.which("wrk")
    if found is None:
        raise LoadError(f"wrk is not on the PATH. To install it: sudo {' '.join(INSTALL)} (macOS: brew install wrk)")
    return found


def shown(seconds: int) -> str:
    """The command as a reader may repeat it."""
    return " ".join(["wrk", *OPTIONS, f"-d{seconds}s", "URL"])


def run(program: str, url: str, headers: Mapping[str, str], seconds: int) -> Load:
    """Load `url` for so many seconds.

    Raises:
        LoadError: an answer was not 2xx or 3xx, or a connection failed.
    """
    lines = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = [program, *OPTIONS, f"-d{seconds}s", *lines, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)
    if done.returncode:
        raise LoadError(f"wrk ended with {done.returncode}: {done.stdout}{done.stderr}")
    return parse(done.stdout)


def parse(output: str) -> Load:
    """Read wrk's report.

    Raises:
        LoadError: it tells of an error, or of no request.
    """
    if failed := re.search(r"Non-2xx or 3xx responses: .*|Socket errors: .*", output):
        raise LoadError(f"a benchmark of errors is none: {failed[0]}")
    requests = re.search(r"(\d+) requests in ", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if requests is None or rate is None or requests[1] == "0":
        raise LoadError(f"wrk completed no request: {output}")
    return Load(int(requests[1]), float(rate[1]))
