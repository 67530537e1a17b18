"""The package's template as a git repository, which is what Copier updates from."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hotroute.extras import MissingExtraError
from hotroute.project.errors import ProjectError

TEMPLATE = Path(__file__).with_name("template")
SOURCE = "git+hotroute://template"
"""Recorded in a project's answers; git finds the repository of this module in its place."""

IDENTITY = {
    "GIT_AUTHOR_NAME": "Hotroute",
    "GIT_AUTHOR_EMAIL": "template@hotroute.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
}
IDENTITY |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in IDENTITY.items()}
PLAIN = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
"""No hook, no signature and no name of the branch from the user's own configuration."""


class Version(NamedTuple):
    """The template of one version of the package."""

    name: str
    folder: Path

    @property
    def tag(self) -> str:
        return f"v{self.name}"


@contextmanager
def packaged(*versions: Version) -> Iterator[dict[str, str]]:
    """Commit and tag the versions, oldest first; give the environment in which git finds them at `SOURCE`.

    Raises:
        ProjectError: there is no git.
    """
    with TemporaryDirectory(prefix="hotroute-template-") as folder:
        place = Path(folder) / "repository"
        place.mkdir()
        git(place, "init", "--quiet")
        for version in versions:
            commit(place, version)
        rewrite = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{place}.insteadOf",
            "GIT_CONFIG_VALUE_0": SOURCE.removeprefix("git+"),
        }
        yield {**os.environ, **rewrite, "COPIER_CACHE_DIR": str(Path(folder) / "cache")}


def commit(place: Path, version: Version) -> None:
    for each in place.iterdir():
        if each.name != ".git":
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    shutil.copytree(version.folder, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    git(place, "add", "--all", "--force")
    git(place, "commit", "--quiet", "--allow-empty", "--message", version.tag)
    git(place, "tag", version.tag)


def git(place: Path, *arguments: str) -> str:
    """Raises:
    ProjectError: there is no git, or it refuses.
    """
    program = shutil.which("git")
    if program is None:
        raise ProjectError("git is not installed; Copier needs it: apt-get install git")
    environ = {**os.environ, **IDENTITY, **PLAIN}
    done = subprocess.run(  # noqa: S603
        [program, *arguments], cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ProjectError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def run_copier(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Run Copier, which asks its questions on this terminal, and never with --trust.

    Raises:
        ProjectError: it failed, and has said why.
        MissingExtraError: it is not installed.
    """
    if find_spec("copier") is None:
        raise MissingExtraError('copier is not installed; the extra new brings it: pip install "hotroute[new]"')
    command = [sys.executable, "-m", "copier", *arguments]
    done = subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise ProjectError(f"copier {arguments[0]}: {lines[-1]}")
