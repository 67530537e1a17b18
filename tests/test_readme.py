"""The README's own sample works where somebody follows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import readme


@pytest.mark.timeout(300)
def test_the_readmes_sample_passes_its_own_test(tmp_path: Path) -> None:
    project = readme.copy(tmp_path / "project")
    readme.follow(project)
    path = os.pathsep.join((str(project / "src"), str(project)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/conduit/test_rename.py", "--database", "sqlite"],
        cwd=project, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
