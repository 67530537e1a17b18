"""Set a foreign application up from the installed wheel, with hot routes, the profiler and the pytest plugin."""

import shutil
from pathlib import Path

import pytest

from tests.wheel import environments

HERE = Path(__file__).parent


def test_a_foreign_application_is_set_up_and_tested(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> None:
    packages = (f"{wheel}[api,serve,profiler,testing]", "flask-sqlalchemy==3.1.1", "flask-login")
    environment = environments.make(tmp_path_factory.mktemp("foreign"), *packages)
    for name in ("foreign_app.py", "foreign_tests.py"):
        shutil.copy(HERE / name, environment.folder)
    settings = {"REDIS_URL": redis_url, "PROFILER_ENABLED": "true", "PROFILER_PASSWORD": "a password of tests"}
    assert "2 passed" in environment.run("pytest", "foreign_tests.py", "-q", **settings)
