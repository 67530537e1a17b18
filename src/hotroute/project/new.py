"""`hotroute new`: a project from the template."""

import json
import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from hotroute.project.errors import ProjectError
from hotroute.project.repository import SOURCE, TEMPLATE, Version, packaged, run_copier

PACKAGE = "hotroute"


def create(folder: Path, answers: Sequence[str], *, template: str = "", ask: bool = True) -> None:
    """Write a new project.

    Args:
        answers: "question=answer" each; Copier asks for the others.
        template: another source of the template than this package, as Copier takes it.
        ask: False has defaults for the questions that `answers` leave open.

    Raises:
        ProjectError: the folder is there already and not empty, or an answer is wrong; nothing was written.
    """
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise ProjectError(f"{folder} is there already: name a folder that is not")
    if template:
        run_copier(["copy", *options(answers, ask), template, str(folder)], os.environ)
        return
    known = Version(version(PACKAGE), TEMPLATE)
    given = answers if any(each.startswith("requirement=") for each in answers) else [*answers, find_requirement()]
    with packaged(known) as environ:
        run_copier(["copy", *options(given, ask), "--vcs-ref", known.tag, SOURCE, str(folder)], environ)


def options(answers: Sequence[str], ask: bool) -> list[str]:
    return [*([] if ask else ["--defaults"]), "--quiet", *(word for each in answers for word in ("--data", each))]


def find_requirement() -> str:
    """Return the answer that has pip find this package where it was installed from (PEP 610); empty for an index."""
    try:
        record = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        record = {}
    url, vcs = record.get("url", ""), record.get("vcs_info")
    return f"requirement={vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else f"requirement={url}"
