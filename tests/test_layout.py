"""The tree of files: folders stay small, and no file imports itself through others."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

SOURCE = Path(__file__).parents[1] / "src"
LARGEST = 12
"""Modules in a folder, its `__init__` aside."""

FOLDERS = sorted({path.parent for path in SOURCE.rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(SOURCE)))
def test_a_folder_has_a_dozen_modules_at_most(folder: Path) -> None:
    modules = sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")
    assert len(modules) <= LARGEST, modules


def test_no_file_imports_itself_through_others() -> None:
    graph = {module: set(imported(path, FILES)) - {module} for module, path in FILES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in SOURCE.rglob("*.py")}


def imported(path: Path, files: dict[str, Path]) -> Iterator[str]:
    """Yield the modules that a file imports anywhere, under TYPE_CHECKING and in functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in files)
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                full = f"{node.module}.{each.name}"
                yield full if full in files else node.module if node.module in files else name_of(path)
