"""Making projects from the package's template, and running their own tools within them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import copier

from hotroute.project.repository import TEMPLATE
from tests.servers import PROGRAMS, clean_environment

EVERYTHING = {"database": "postgresql", "example": "notes", "accounts": True, "jobs": True, "containers": True}
NOTHING = {"database": "sqlite", "example": "bare", "accounts": False, "jobs": False, "containers": False}


@dataclass(frozen=True)
class Project:
    """A project, whose tools are those of this environment."""

    folder: Path

    def run(self, *command: str) -> str:
        """Run a program of this environment in the project; return its output.

        Raises:
            AssertionError: it failed; the text is its output.
        """
        path = os.pathsep.join([str(self.folder / "src"), str(self.folder)])
        done = subprocess.run(
            [str(PROGRAMS / command[0]), *command[1:]],
            cwd=self.folder,
            env={**clean_environment(), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def lint(self) -> None:
        self.run("ruff", "check", "--no-cache", ".")
        self.run("ruff", "format", "--no-cache", "--check", ".")

    def check_types(self) -> None:
        self.run("mypy", "--cache-dir", os.devnull)

    def test(self, *arguments: str) -> str:
        return self.run(Path(sys.executable).name, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)

    def files(self) -> dict[str, str]:
        found = (path for path in self.folder.rglob("*") if path.is_file() and ".git/" not in f"{path}/")
        return {str(path.relative_to(self.folder)): path.read_text() for path in sorted(found)}


def generate(folder: Path, **answers: object) -> Project:
    """Write a project without git, and so without a version of its template."""
    copier.run_copy(str(TEMPLATE), folder, data={"name": "shop", **answers}, defaults=True, quiet=True)
    return Project(folder)
