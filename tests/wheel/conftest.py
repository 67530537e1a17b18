"""The wheel, and an environment with nothing but it and its dependencies; each is made once."""

from pathlib import Path

import pytest

from tests.wheel import environments
from tests.wheel.environments import Environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environments.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def core(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return environments.make(tmp_path_factory.mktemp("core"), wheel)
