"""Wheels and environments: building the one, and making the other without anything of this project's own."""

import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, clean_environment

PARTS = ("src", "pyproject.toml", "README.md", "LICENSE")
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)( ; [^\\]+)?", re.MULTILINE)


def build(folder: Path) -> Path:
    """Build the wheel from a copy: setuptools packs what an earlier build has left beside the source."""
    source = folder / "source"
    source.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, source / part)
    run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source])
    return next(folder.glob("*.whl"))


@dataclass(frozen=True)
class Environment:
    """A virtual environment with its own packages only."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *command: str | Path, **environ: str) -> str:
        """Run a program of this environment, in its folder, and return what it printed.

        Raises:
            AssertionError: it failed; the text is its output.
        """
        return run([self.folder / "bin" / command[0], *command[1:]], self.folder, environ)

    def packages(self) -> set[str]:
        return set(self.run("python", "-c", DISTRIBUTIONS).split())


DISTRIBUTIONS = "from importlib.metadata import distributions; print(*(found.name for found in distributions()))"


def make(folder: Path, *requirements: str | Path) -> Environment:
    """Make an environment with the requirements, and what they need in the locked versions."""
    venv.create(folder, with_pip=False)
    found = Environment(folder)
    locked = (ROOT / "requirements" / "development.txt").read_text()
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(f"{name}=={version}{when}" for name, version, when in PINNED.findall(locked)))
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        found.python,
        "install",
        "--quiet",
        "--constraint",
        constraints,
    ]
    run([*pip, *requirements])
    return found


def run(command: list[str | Path], cwd: Path | None = None, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**clean_environment(), **(environ or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
