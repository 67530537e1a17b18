"""`hotroute new`: what it writes, and what it refuses before it writes anything."""

import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from hotroute.cli import cli
from hotroute.project import new
from hotroute.project.repository import TEMPLATE
from tests.project.projects import generate
from tests.servers import ROOT

SECRET = re.compile(r"^(SECRET_KEY|PROFILER_PASSWORD|DATABASE_URL|REDIS_URL)=(.+)$", re.MULTILINE)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_new_project_knows_its_template_and_where_pip_finds_the_engine(tmp_path: Path) -> None:
    result = run("new", tmp_path / "shop", "--defaults", "-d", "requirement=git+https://git.example/hotroute@v0.1.0")
    assert result.exit_code == 0, result.output
    answers = yaml.safe_load((tmp_path / "shop" / ".copier-answers.yml").read_text())
    assert (answers["_src_path"], answers["_commit"]) == ("git+hotroute://template", "v0.1.0")
    project = tomllib.loads((tmp_path / "shop" / "pyproject.toml").read_text())["project"]
    found = "hotroute[api,migrations,profiler,serve] @ git+https://git.example/hotroute@v0.1.0"
    assert project["dependencies"][0] == found
    assert not (tmp_path / "shop" / ".git").exists()
    assert os.access(tmp_path / "shop" / ".ci" / "run", os.X_OK)


def test_no_secret_is_written(tmp_path: Path) -> None:
    files = generate(tmp_path / "shop").files()
    assert [found for text in files.values() for found in SECRET.findall(text)] == []
    assert ".env" in files[".gitignore"].splitlines()


def test_from_an_index_the_template_asks_for_its_own_version(tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    project = tomllib.loads(generate(tmp_path / "shop").files()["pyproject.toml"])["project"]
    assert project["dependencies"][0] == f"hotroute[api,migrations,profiler,serve]=={version}"


def test_a_wrong_answer_is_refused_in_a_line(tmp_path: Path) -> None:
    result = run("new", tmp_path / "shop", "--defaults", "-d", "package=class")
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert "class is the name of another package or a word of Python" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("package", "flask"),
        ("package", "Shop"),
        ("package", "../x"),
        ("name", "a b"),
        ("name", "../shop"),
        ("database", "mysql"),
        ("requirement", "https://x/ y"),
        ("requirement", 'file:///a"b'),
    ],
)
def test_hostile_answers_are_refused(question: str, answer: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=question):
        generate(tmp_path / "shop", **{question: answer})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("shop", "link"):
        result = run("new", tmp_path / name, "--defaults")
        assert (result.exit_code, "is there already" in result.output) == (1, True)
    assert [each.name for each in (tmp_path / "shop").iterdir()] == ["mine.txt"]
    assert not (tmp_path / "elsewhere").exists()


def test_the_repository_has_the_same_template_as_the_package() -> None:
    ours, packaged = ((folder / "copier.yml").read_text() for folder in (ROOT, TEMPLATE))
    inside = TEMPLATE.relative_to(ROOT)
    assert f"!include {inside}/questions.yml" in ours
    assert f"_subdirectory: {inside}/project" in ours
    assert "!include questions.yml" in packaged


def test_the_template_runs_no_code() -> None:
    """Copier asks for --trust where there are tasks, migrations or extensions."""
    text = "".join(path.read_text() for path in (ROOT / "copier.yml", *TEMPLATE.glob("*.yml")))
    assert [word for word in ("_tasks", "_migrations", "_jinja_extensions") if word in text] == []


def test_pip_finds_the_engine_where_it_was_installed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    class Distribution:
        def __init__(self, text: str | None) -> None:
            self.text = text

        def read_text(self, _: str) -> str | None:
            return self.text

    git = '{"url": "https://git.example/h", "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "v1"}}'
    for text, found in (
        (None, ""),
        ('{"url": "file:///h.whl"}', "file:///h.whl"),
        (git, "git+https://git.example/h@abc"),
    ):
        monkeypatch.setattr(new, "distribution", lambda _, text=text: Distribution(text))
        assert new.find_requirement() == f"requirement={found}"
