"""Settings: production is the default, and nothing insecure starts without being asked for."""

import re
import subprocess
import tomllib

import pytest

from conduit import config
from conduit.config import Settings
from hotroute.settings import SettingError
from tests.servers import PROGRAMS, ROOT, clean_environment, free_port

GOOD = {"SECRET_KEY": "x" * 32, "PROFILER_PASSWORD": "y" * 12}
NO_ORIGINS = (".*", "https?://.*", "https://*.example", "https://a.example/", "https://a.example$", "a.example", "null")
WITHOUT_PASSWORD = {"SECRET_KEY": "x" * 32}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def variables() -> set[str]:
    return {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}


def load(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return config.load()


def test_production_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **GOOD)
    assert settings.app_env == "production"
    assert settings.cors_origins == ()
    assert settings.trusted_proxies == 0


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "SECRET_KEY: is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY: needs at least 32 bytes"),
        ({**GOOD, "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({**GOOD, "CORS_ORIGINS": "*", "CORS_CREDENTIALS": "true"}, "CORS_ORIGINS"),
        *[
            ({**GOOD, "CORS_ORIGINS": f"https://a.example,{origin}"}, f"CORS_ORIGINS: {origin!r}")
            for origin in NO_ORIGINS
        ],
        ({**GOOD, "APP_ENV": "staging"}, "APP_ENV"),
        ({**GOOD, "PROFILER_SLOW_ROUTES": "/api/articles=soon"}, "PROFILER_SLOW_ROUTES"),
        ({**GOOD, "PROFILER_SLOW_ROUTES": "/api/articles=0"}, "PROFILER_SLOW_ROUTES"),
        ({**GOOD, "TOKEN_LIFETIME": "soon"}, "TOKEN_LIFETIME"),
        ({**GOOD, "TOKEN_LIFETIME": "999999999999"}, "TOKEN_LIFETIME"),
        ({**GOOD, "LOGIN_RATE_LIMIT": "sometimes"}, "LOGIN_RATE_LIMIT"),
        ({**GOOD, "DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({**GOOD, "DATABASE_URL": "mysql://somewhere/db"}, "DATABASE_URL"),
        ({**GOOD, "DATABASE_URL": "sqlite://"}, "DATABASE_URL: 'sqlite://' needs a file"),
        ({**GOOD, "JOBS_BACKEND": "dramatiq"}, "JOBS_BACKEND"),
        ({**GOOD, "JOBS_BROKER_URL": "127.0.0.1:6381"}, "JOBS_BROKER_URL"),
        ({**GOOD, "JOBS_BROKER_URL": "amqp://guest@host//", "JOBS_BACKEND": "rq"}, "RQ works on Redis only"),
        ({**GOOD, "JOBS_MESSAGE_QUEUE": "kafka://host"}, "JOBS_MESSAGE_QUEUE"),
        ({**GOOD, "JOBS_RETENTION": "0"}, "JOBS_RETENTION"),
        (WITHOUT_PASSWORD, "PROFILER_PASSWORD"),
        ({**GOOD, "PROFILER_PASSWORD": "short"}, "PROFILER_PASSWORD"),
        ({**GOOD, "PROFILER_URL": "mysql://somewhere/db"}, "PROFILER_URL"),
        ({**GOOD, "PROFILER_KEY": "short"}, "PROFILER_KEY"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingError, match=re.escape(named)) as refused:
        load(monkeypatch, **values)
    assert "short" not in str(refused.value), "a secret is never printed"


@pytest.mark.parametrize("preload", ["true", "false"])
def test_gunicorn_ends_with_a_line_for_each_wrong_setting_and_no_traceback(preload: str) -> None:
    wrong = {"DATABASE_URL": "postgresql://app:p@ss:w/rd@host/app", "REDIS_URL": "127.0.0.1:6379"}
    chosen = {"GUNICORN_PRELOAD_APP": preload, "GUNICORN_WORKERS": "1", "APP_PORT": str(free_port()), **GOOD, **wrong}
    done = subprocess.run(
        [PROGRAMS / "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env=clean_environment() | chosen,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert lines[0] == "Conduit does not start with these settings:"
    assert [line.partition(":")[0] for line in lines[1:3]] == ["DATABASE_URL", "REDIS_URL"]
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "w/rd" not in done.stderr


def test_development_may_be_debugged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, **GOOD, APP_ENV="development", FLASK_DEBUG="1").debug


def test_without_the_profiler_no_password_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load(monkeypatch, **WITHOUT_PASSWORD, PROFILER_ENABLED="false").profiler_enabled


def test_jobs_use_the_stacks_own_redis_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **GOOD, JOBS_REDIS_PORT="7000")
    assert (settings.jobs_broker, settings.jobs_messages) == ("redis://127.0.0.1:7000/0",) * 2
    settings = load(monkeypatch, **GOOD, JOBS_BROKER_URL="amqp://guest@host//", JOBS_MESSAGE_QUEUE="redis://other/0")
    assert (settings.jobs_broker, settings.jobs_messages) == ("amqp://guest@host//", "redis://other/0")


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(load(monkeypatch, **GOOD, PROFILER_KEY="z" * 12))
    assert [secret for secret in (*GOOD.values(), "z" * 12) if secret in shown] == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_url_is_taken(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    settings = load(monkeypatch, **GOOD, DATABASE_URL=f"{scheme}://me@host/name")
    assert settings.database == "postgresql+psycopg://me@host/name"


@pytest.mark.parametrize("name", ["DATABASE_URL", "PROFILER_URL"])
@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql://me@host/name?pooler=session", "say pooler=transaction, or leave it out"),
        ("sqlite:///file.db?pooler=transaction", "is for PostgreSQL only"),
        ("postgresql://me@host/name?prepare_threshold=often", "prepare_threshold=often is no number"),
    ],
)
def test_what_a_url_says_of_a_pooler_is_checked(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, advice: str
) -> None:
    with pytest.raises(SettingError, match=advice) as raised:
        load(monkeypatch, **GOOD, **{name: url})
    assert name in str(raised.value)


def test_origins_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **GOOD, CORS_ORIGINS="https://a.example, http://localhost:3000,capacitor://localhost")
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000", "capacitor://localhost")


def test_routes_may_be_slow_on_their_own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **GOOD, PROFILER_SLOW_ROUTES="/api/articles/<slug>=0.1 /api/tags=2")
    assert settings.profiler_slow_routes == {"/api/articles/<slug>": 0.1, "/api/tags": 2.0}
    assert load(monkeypatch, **GOOD, PROFILER_SLOW_ROUTES="").profiler_slow_routes == {}


def test_the_requirements_are_locked_with_hashes_and_without_addresses() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for lock in ("production", "embedded", "development"):
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        assert "://" not in text
        assert all(line.startswith((" ", "#")) or "==" in line for line in text.splitlines())
        names = {re.split(r"[\[>=]", line)[0] for line in declared}
        assert {name for name in names if f"\n{name}" not in f"\n{text}"} == set()
