"""What the wheel is made of: the engine whole, and nothing of the example."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.servers import ROOT

SOURCE = ROOT / "src"


@pytest.fixture(scope="session")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_every_file_of_the_engine_is_in_the_wheel(names: set[str]) -> None:
    files = {path for path in (SOURCE / "hotroute").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert names == {str(path.relative_to(SOURCE)) for path in files}


def test_the_wheel_has_one_command_and_the_pytest_plugin(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        entries = [line for line in archive.read(name).decode().splitlines() if "=" in line]
    assert entries == ["hotroute = hotroute.cli:main", "hotroute = hotroute.testing.plugin"]
