"""The wheel without extras: a handful of packages, a hit from a real Redis, and errors that name an extra."""

import shutil
from pathlib import Path

import pytest

from tests.wheel.environments import Environment

MOST_PACKAGES = 20
HIT = Path(__file__).with_name("hit.py")


def test_the_core_brings_at_most_twenty_packages(core: Environment) -> None:
    packages = core.packages()
    assert "hotroute" in packages
    assert len(packages) <= MOST_PACKAGES, sorted(packages)


def test_the_core_does_not_bring_the_example(core: Environment) -> None:
    with pytest.raises(AssertionError, match="No module named 'conduit'"):
        core.run("python", "-c", "import conduit")


def test_the_core_serves_a_hit_from_redis(core: Environment, redis_url: str) -> None:
    shutil.copy(HIT, core.folder / "hit.py")
    miss, hit = core.run("python", "hit.py", redis_url).splitlines()
    assert miss.startswith("200 ['a note'] Hotroute; fwd=")
    assert miss.endswith("stored")
    assert hit.startswith("200 ['a note'] Hotroute; hit")


@pytest.mark.parametrize("command", [["--help"], ["explain", "--help"], ["nginx", "--help"]])
def test_the_command_explains_itself_without_extras(core: Environment, command: list[str]) -> None:
    assert "Usage: hotroute" in core.run("hotroute", *command)


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("hotroute.api", "pydantic", "api"),
        ("hotroute.jobs.backends.celery", "celery", "jobs"),
        ("hotroute.jobs.backends.rq", "rq", "jobs"),
        ("hotroute.migrations", "alembic", "migrations"),
        ("hotroute.database.postgres_timeouts", "psycopg", "postgresql"),
        ("hotroute.outbound_http", "urllib3", "jobs"),
        ("hotroute.profiler", "prometheus_client", "profiler"),
        ("hotroute.serving.gunicorn.config", "pydantic_settings", "serve"),
        ("hotroute.serving.nginx.render", "pydantic_settings", "serve"),
        ("hotroute.serving.stack.dev_environment", "pydantic_settings", "serve"),
        ("hotroute.testing.transparency", "hypothesis", "testing"),
    ],
)
@pytest.mark.matrix("module")
def test_a_missing_package_is_named_with_its_extra(core: Environment, module: str, package: str, extra: str) -> None:
    message = rf'MissingExtraError: {package} is not installed; .* pip install "hotroute\[{extra}\]"'
    with pytest.raises(AssertionError, match=message):
        core.run("python", "-c", f"import {module}")


def test_a_command_without_its_extra_ends_in_one_line(core: Environment) -> None:
    with pytest.raises(AssertionError) as failed:
        core.run("hotroute", "nginx", "--check")
    assert str(failed.value).strip() == (
        'hotroute: pydantic_settings is not installed; the extra serve brings it: pip install "hotroute[serve]"'
    )


def test_every_module_of_the_core_is_imported(core: Environment) -> None:
    """A package of the example's, imported at the top of such a module, would be missing here only."""
    core.run("python", "-c", EVERY)


EVERY = """
import importlib, pkgutil, hotroute
from hotroute.extras import MissingExtraError
for found in pkgutil.walk_packages(hotroute.__path__, "hotroute.", onerror=lambda name: None):
    try:
        importlib.import_module(found.name)
    except MissingExtraError:
        pass
    except ModuleNotFoundError as missing:
        if found.name.split(".")[1] in {"cache", "database", "health", "logging", "request_log", "assets"}:
            raise
"""
