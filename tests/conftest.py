"""What every test may use: the databases, the application on each of them, a Redis, and API calls that read well."""

import os
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest
from argon2 import PasswordHasher
from flask import Flask
from pydantic import SecretStr

from conduit.app import create_app
from conduit.config import Settings
from conduit.extensions import db
from conduit.services import passwords
from hotroute import redis_client
from tests import databases, pgbouncers, requirements, servers, tiers
from tests.api import Api, close
from tests.statements import Statements, recorded

SECRET = "a secret for tests, longer than thirty-two bytes"


def pytest_addoption(parser: pytest.Parser) -> None:
    help_ = "Run on one database only; default is SQLite and PostgreSQL, and behind PgBouncer the tests marked so."
    parser.addoption("--short", action="store_true", help="Leave out what only `make check` runs (tests/tiers.py).")
    parser.addoption("--database", choices=["sqlite", "postgresql", "pgbouncer"], help=help_)


WORKERS: list[int] = []
"""Processes of pytest-xdist's that this one has started."""


def pytest_configure(config: pytest.Config) -> None:
    # A shell has what it starts in the background ignore them, and so would everything that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, interrupt)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodeready(node: Any) -> None:
    node.nodemanager.EXIT_TIMEOUT = 60
    WORKERS.append(node.gateway._rinfo().pid)


def interrupt(number: int, _: FrameType | None) -> NoReturn:
    """End the run as CTRL-C does: fixtures stop the servers that they started.

    Processes of pytest-xdist's are told at once. Otherwise it would interrupt them after 5 seconds, and kill them after
    5 more, whatever they are stopping.
    """
    # Another one must not cut that short, and neither must that interrupt.
    for each in (number, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    for worker in WORKERS:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGTERM)
    raise KeyboardInterrupt


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of few tests first: these start servers, and where one of them is the last, a process has nothing to do."""
    tiers.deselect_matrices(config, items)
    requirements.deselect(requirements.PGBOUNCER, Path(__file__).parent, config, items, word="pgbouncer")
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (sizes[item.path], item.path))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    requirements.tell_left_out(terminalreporter, config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist's hands what it left out to the one that reports."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left out"] = session.config.stash.get(requirements.OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # Each of the processes has collected, and left out, everything.
    node.config.stash.setdefault(requirements.OUT, {}).update(node.workeroutput.get("left out", {}))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("database")
        only = metafunc.definition.get_closest_marker("only")
        usual = only.args if only else ("sqlite", "postgresql")
        is_pooled = (chosen == "pgbouncer" and not only) or metafunc.definition.get_closest_marker("pgbouncer")
        kinds = [kind for kind in (*usual, *(["pgbouncer"] if is_pooled else [])) if kind == (chosen or kind)]
        metafunc.parametrize("database_url", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """argon2 at its least: to be slow is what it is for, and a quarter of what many tests would take."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
        patch.setattr(passwords, "NOBODY", quick.hash("nobody's password"))
        patch.setattr(passwords, "hasher", quick)
        yield


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server's URL; the tables of Conduit are not in it yet."""
    with databases.postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def pgbouncer_url(postgresql_url: str) -> Iterator[str]:
    """The same server behind PgBouncer, whose clients get a connection for a transaction."""
    with pgbouncers.pgbouncer_server(postgresql_url) as url:
        yield url


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database, once on SQLite and once on PostgreSQL, which may be behind PgBouncer."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
    elif request.param == "pgbouncer":
        url = pgbouncers.pooled(request.getfixturevalue("pgbouncer_url"))
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
    return url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with servers.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(database_url, redis_url, tmp_path_factory.mktemp("data"))


def make_settings(database_url: str, redis_url: str, data_dir: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "secret_key": SecretStr(SECRET),
        "database_url": database_url,
        "redis_url": redis_url,
        # A busy machine must not look like an outage.
        "redis_timeout": 1.0,
        "data_dir": data_dir,
        "cors_origins": ("https://front.example",),
        "login_rate_limit": "10000 per minute",
        "registration_rate_limit": "10000 per minute",
        "account_rate_limit": "10000 per minute",
        "cache_namespace": f"test:{secrets.token_hex(4)}:",
        "cache_mark_ttl": 2.0,
        "profiler_enabled": False,
    }
    return Settings.model_validate(values | changes)


@pytest.fixture(scope="session")
def session_app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    close(app)


@pytest.fixture
def app(session_app: Flask, redis_url: str) -> Flask:
    """The application, its database and its Redis empty."""
    with redis_client.connect(redis_url, timeout=5) as client:
        if limits := client.keys("LIMITS:*"):
            client.delete(*limits)
    with session_app.app_context():
        databases.empty(db.engine)
    return session_app


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app)


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    """What the application sends to its database, from here on."""
    with app.app_context():
        engine = db.engine
    with recorded(engine) as found:
        yield found
