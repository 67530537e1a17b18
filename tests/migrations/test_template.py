"""A revision that Alembic generates from the project's template passes the lint, the first one too."""

import shutil
import subprocess

import pytest
from alembic import command as alembic

from tests.migrations.library import Migrations
from tests.servers import PROGRAMS, ROOT


@pytest.mark.parametrize("is_first", [True, False])
def test_a_generated_revision_passes_the_lint(migrations: Migrations, is_first: bool) -> None:
    shutil.copy(ROOT / "migrations" / "script.py.mako", migrations.folder)
    if is_first:
        (migrations.folder / "versions" / "r1.py").unlink()
    alembic.revision(migrations.config(), "my table", rev_id="abc")
    file = next((migrations.folder / "versions").glob("abc*.py"))
    lint(file.read_text())
    assert ("The first revision." in file.read_text()) == is_first


def lint(text: str) -> None:
    """Check it as `make migration` leaves it, which formats, and at the place that the rules are for."""
    for words in (["format"], ["check"]):
        command = [str(PROGRAMS / "ruff"), *words, "--stdin-filename", "migrations/versions/abc.py", "-"]
        done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        text = done.stdout if words == ["format"] else text
