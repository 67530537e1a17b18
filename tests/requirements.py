"""What the tests need from Debian, which no Python package brings: `make test` calls this before pytest.

`python -m tests.requirements` installs what is missing where it may (root, with apt-get), and otherwise fails with
the command that does. WITHOUT, a list with commas, names the parts to do without.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

OUT = pytest.StashKey[dict[str, int]]()


class Part(NamedTuple):
    """A part of the system, the programs that serve as it, and its package."""

    name: str
    programs: tuple[str, ...]
    package: str

    @property
    def command(self) -> list[str]:
        return ["apt-get", "install", "--yes", "--no-install-recommends", self.package]

    @property
    def advice(self) -> str:
        command = " ".join(self.command)
        return f"The tests need a {self.name}. To install it: sudo {command}. To leave it out: WITHOUT={self.name}"


BROWSER = Part("browser", ("chromium", "chromium-browser", "google-chrome"), "chromium")
MEMCACHED = Part("memcached", ("memcached",), "memcached")
RABBITMQ = Part("rabbitmq", ("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"), "rabbitmq-server")
PGBOUNCER = Part("pgbouncer", ("pgbouncer", "/usr/sbin/pgbouncer"), "pgbouncer")
PARTS = (BROWSER, MEMCACHED, RABBITMQ, PGBOUNCER)


class MissingError(RuntimeError):
    """A part is not there; the message says how to install it and how to do without."""


def left_out(part: Part, environ: Mapping[str, str]) -> bool:
    return part.name in environ.get("WITHOUT", "").replace(" ", "").split(",")


def deselect(part: Part, folder: Path, config: pytest.Config, items: list[pytest.Item], word: str = "") -> None:
    """Leave the tests below the folder, with `word` in their names, out where the part is to be done without.

    `tell_left_out` says so.
    """
    if left_out(part, os.environ):
        out = [item for item in items if folder in item.path.parents and word in item.name]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)
        numbers = config.stash.setdefault(OUT, {})
        numbers[part.name] = numbers.get(part.name, 0) + len(out)


def tell_left_out(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, number in config.stash.get(OUT, {}).items():
        reporter.write_line(f"WITHOUT={name} left out {number} tests with a {name}.", yellow=True)


def program(part: Part) -> Path:
    """The path of the first of its programs.

    Raises:
        MissingError: there is none.
    """
    found = next(filter(None, map(shutil.which, part.programs)), None)
    if not found:
        raise MissingError(part.advice)
    return Path(found)


def install(part: Part) -> None:
    """Install the part, if it is missing and that is allowed here.

    Raises:
        MissingError: it is still missing.
    """
    if not any(map(shutil.which, part.programs)) and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], part.command):
            print("Installing", part.package, "for the tests:", *command, flush=True)
            subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
    program(part)


def main() -> int:
    try:
        for part in PARTS:
            if not left_out(part, os.environ):
                install(part)
    except MissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
