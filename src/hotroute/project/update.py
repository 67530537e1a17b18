"""`hotroute update`: the template's next version, with what was changed in the project."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile, ZipFile

from hotroute.extras import extra
from hotroute.project.errors import ProjectError
from hotroute.project.new import PACKAGE
from hotroute.project.repository import SOURCE, TEMPLATE, Version, packaged, run_copier

ANSWERS = ".copier-answers.yml"
INSIDE = "hotroute/project/template/"
"""Where a wheel has its template."""


def update(project: Path, *, old: str = "", new: str = "", check: bool = False) -> str:
    """Bring the project to another version of its template; return a line that says what was done.

    Args:
        old: the wheel of the version that the project has, where neither this environment nor pip's index has it.
        new: the wheel of the version to come to; the newest of pip's index if none is given.
        check: only say whether there is an update.

    Raises:
        ProjectError: this is no project of the template, it has changes that are not committed, or there is an update
            and `check` was asked for.
    """
    answers = read_answers(project)
    if answers.get("_src_path") != SOURCE:
        run_copier(
            ["check-update" if check else "update", *([] if check else ["--defaults"]), str(project)], os.environ
        )
        return "checked" if check else "updated"
    with TemporaryDirectory(prefix="hotroute-update-") as folder:
        newest = find_version(new, Path(folder) / "new")
        before = str(answers.get("_commit", ""))
        if newest.tag == before:
            return f"{before} is the newest"
        if check:
            raise ProjectError(f"the template has an update from {before} to {newest.tag}: hotroute update")
        with versions(before, old, newest, Path(folder)) as environ:
            run_copier(["update", "--defaults", "--vcs-ref", newest.tag, str(project)], environ)
    return f"updated from {before} to {newest.tag}: read `git diff`, then run make test"


def read_answers(project: Path) -> dict[str, Any]:
    """Raises:
    ProjectError: there are none, or they are no answers of Copier's.
    """
    with extra("new"):
        import yaml  # noqa: PLC0415  # Copier's own
    file = project / ANSWERS
    try:
        found = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProjectError(f"{file} cannot be read ({type(error).__name__}): run this in a project's folder") from None
    if not isinstance(found, dict):
        raise ProjectError(f"{file} has no answers: run this in a project's folder")
    return found


@contextmanager
def versions(before: str, old: str, newest: Version, folder: Path) -> Iterator[dict[str, str]]:
    installed = Version(version(PACKAGE), TEMPLATE)
    known = installed if installed.tag == before and not old else find_version(old or before, folder / "old")
    if known.tag != before:
        raise ProjectError(f"the project has the template of {before}, and {known.tag} was given")
    with packaged(known, newest) as environ:
        yield environ


def find_version(wanted: str, folder: Path) -> Version:
    """Return the template in a wheel: a file, or what pip downloads ("v0.1.0" for that version, "" for the newest)."""
    wheel = Path(wanted) if wanted.endswith(".whl") else download(wanted, folder / "download")
    try:
        with ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(INSIDE) and ".." not in name.split("/")]
            archive.extractall(folder, names)
    except (OSError, BadZipFile) as error:
        raise ProjectError(f"{wheel} is no wheel that can be read ({error})") from None
    if not names:
        raise ProjectError(f"{wheel} has no template")
    return Version(wheel.name.split("-")[1], folder / INSIDE)


def download(tag: str, folder: Path) -> Path:
    wanted = f"{PACKAGE}=={tag.removeprefix('v')}" if tag else PACKAGE
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(  # noqa: S603
        [*pip, "--dest", str(folder), wanted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ProjectError(f"pip finds no {wanted}; name its wheel with --from or --to: {done.stderr.strip()[-300:]}")
    return next(folder.glob("*.whl"))
