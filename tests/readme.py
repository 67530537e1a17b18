"""A copy of the project in which somebody has done what the README says."""

import re
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

from tests.servers import ROOT

BLOCK = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PLACES = {
    "def rename(session": ("src/conduit/services/articles.py", ""),
    '@blueprint.put("/articles/<slug>/title")': (
        "src/conduit/routes/articles.py", "from conduit.schemas.articles import RenameRequest\n",
    ),
    "class RenameRequest": ("src/conduit/schemas/articles.py", ""),
    "def test_": ("tests/conduit/test_rename.py", '"""Renaming."""\n\nfrom tests.api import Api\n'),
}  # fmt: skip
"""Files by the beginnings of the blocks, and the imports that a block needs there."""


def copy(folder: Path) -> Path:
    """Copy what git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def follow(project: Path) -> None:
    """Write the README's blocks to where it says they belong."""
    for block in map(dedent, BLOCK.findall((project / "README.md").read_text())):
        name, imports = next(place for start, place in PLACES.items() if block.startswith(start))
        file = project / name
        before = file.read_text() if file.exists() else ""
        file.write_text(with_imports(before, imports) + "\n\n" + block)


def with_imports(text: str, imports: str) -> str:
    """Put them before the first import from the project, or at the end of a file that is new."""
    place = re.search(r"^from conduit", text, re.MULTILINE)
    return text[: place.start()] + imports + text[place.start() :] if place else text + imports
