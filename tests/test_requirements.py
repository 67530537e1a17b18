"""The part of the tests that comes from Debian is installed, asked for, or left out on purpose; never skipped."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.servers import ROOT


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_browser_fails_with_the_command_that_installs_it(tmp_path: Path) -> None:
    found = run("-m", "tests.requirements", PATH=str(tmp_path), WITHOUT="")
    assert found.returncode == 1
    assert "sudo apt-get install --yes --no-install-recommends chromium" in found.stderr
    assert "WITHOUT=browser" in found.stderr


def test_a_missing_browser_is_installed_by_root(tmp_path: Path) -> None:
    """Its apt-get only notes what it was asked for, and makes the program."""
    calls, chromium = tmp_path / "calls", tmp_path / "chromium"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n[ "$1" = update ] || > {chromium}; /bin/chmod +x {chromium}\n')
    apt.chmod(0o755)
    found = run("-c", AS_ROOT, PATH=str(tmp_path), WITHOUT="memcached")
    assert found.returncode == 0, found.stderr
    assert calls.read_text().splitlines() == ["update", "install --yes --no-install-recommends chromium"]


AS_ROOT = "import os, sys; os.geteuid = lambda: 0; from tests.requirements import main; sys.exit(main())"


def test_without_a_browser_its_tests_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    assert run("-m", "tests.requirements", PATH=str(tmp_path), WITHOUT="browser,memcached").returncode == 0
    collected = run("-m", "pytest", "--collect-only", "-q", "tests/conduit/browser", WITHOUT="something, browser")
    assert re.search(r"WITHOUT=browser left out [1-9]\d* tests with a browser\.", collected.stdout)
    assert "test_docs.py::" not in collected.stdout
