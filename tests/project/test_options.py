"""Whatever is answered to the template's questions, the project passes its own lint, types and tests."""

from itertools import product
from pathlib import Path

import pytest

from tests.project.projects import EVERYTHING, NOTHING, generate

MOST_FILES, MOST_LINES = 60, 2_500

PAIRS = [
    {"database": "sqlite", "example": "notes", "accounts": True, "jobs": False, "containers": True},
    {"database": "sqlite", "example": "bare", "accounts": False, "jobs": True, "containers": True},
    {"database": "postgresql", "example": "notes", "accounts": False, "jobs": False, "containers": False},
    {"database": "postgresql", "example": "bare", "accounts": True, "jobs": False, "containers": True},
    {"database": "sqlite", "example": "notes", "accounts": True, "jobs": True, "containers": False},
]
"""With `EVERYTHING` and `NOTHING`, each two answers to two questions meet in one of them."""

ALL = [dict(zip(EVERYTHING, answers, strict=True)) for answers in product(
    ("sqlite", "postgresql"), ("notes", "bare"), (True, False), (True, False), (True, False)
)]  # fmt: skip


def name(answers: dict[str, object]) -> str:
    return "-".join(key if value is True else str(value) for key, value in answers.items() if value is not False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("answers", [EVERYTHING, NOTHING], ids=name)
def test_a_project_passes_its_own_lint_types_and_tests(answers: dict[str, object], tmp_path: Path) -> None:
    project = generate(tmp_path / "shop", **answers)
    project.lint()
    project.check_types()
    assert "passed" in project.test()


@pytest.mark.parametrize("answers", [EVERYTHING, NOTHING, *PAIRS], ids=name)
def test_a_project_is_small_and_names_nothing_of_ours(answers: dict[str, object], tmp_path: Path) -> None:
    project = generate(tmp_path / "shop", **answers)
    project.lint()
    files = project.files()
    assert len(files) <= MOST_FILES
    assert sum(len(text.splitlines()) for text in files.values()) <= MOST_LINES
    text = "\n".join(files.values()).lower()
    assert [word for word in ("conduit", "realworld", "{{", "{%") if word in text] == []


def test_each_two_answers_meet() -> None:
    chosen = [EVERYTHING, NOTHING, *PAIRS]
    wanted = {((a, one[a]), (b, one[b])) for one in ALL for a in one for b in one if a < b}
    assert wanted == {((a, one[a]), (b, one[b])) for one in chosen for a in one for b in one if a < b}


@pytest.mark.matrix
@pytest.mark.timeout(300)
@pytest.mark.parametrize("answers", ALL, ids=name)
def test_every_combination_passes_its_own_lint_types_and_tests(answers: dict[str, object], tmp_path: Path) -> None:
    project = generate(tmp_path / "wiki", name="My-Wiki", package="zoo_of_quite_a_long_name", **answers)
    project.lint()
    project.check_types()
    assert "passed" in project.test()
