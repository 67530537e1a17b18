"""`hotroute run`: any command with the settings of a developer's machine."""

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import PROGRAMS


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [PROGRAMS / "hotroute", "run", *command], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def test_a_command_gets_the_settings_of_development(tmp_path: Path) -> None:
    asked = "import os; print(os.environ['APP_ENV'], len(os.environ['SECRET_KEY']), os.environ['DATA_DIR'])"
    told = run(tmp_path, sys.executable, "-c", asked)
    assert told.stdout.split() == ["development", "64", str(tmp_path / "instance")]
    assert "Made a SECRET_KEY" in told.stderr


def test_its_options_are_its_own_and_its_end_is_told(tmp_path: Path) -> None:
    told = run(tmp_path, "python", "-c", "import sys; sys.exit(len(sys.argv))", "--help", "-x")
    assert told.returncode == 3


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = run(tmp_path, "no-such-program")
    assert told.returncode == 1
    assert told.stderr.endswith("hotroute: there is no program no-such-program\n")
