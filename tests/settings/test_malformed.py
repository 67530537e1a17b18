"""Every setting with twenty malformed values: one line that names it, its value and the fix, and no password."""

import pytest

from conduit.config import Settings
from hotroute.settings import SettingError
from hotroute.settings.base import HotrouteSettings
from hotroute.settings.document import Row, sections
from hotroute.settings.proxy import ProxySettings
from tests.settings.malformed import values, writable

GOOD = {"SECRET_KEY": "x" * 32, "PROFILER_PASSWORD": "y" * 12, "SERVER_NAMES": "a.example"}
ROWS = [row for _, rows in sections(Settings, ProxySettings) for row in rows]


def reader(row: Row) -> type[HotrouteSettings]:
    names = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    return Settings if row.variable in names else ProxySettings


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.variable)
def test_a_malformed_value_is_named_in_a_line(row: Row) -> None:
    given = [*writable(values(row.variable, row.kind))]
    lines = [refusal(row, value) for value in given]
    assert [value for value, line in zip(given, lines, strict=True) if not line] == []
    assert len(given) >= 20
    assert [line for line in lines if not line.startswith(f"{row.variable}: ") or "\n" in line] == []
    assert [line for line in lines if "s3cret!" in line or "Traceback" in line] == []
    assert all(len(line) < 600 for line in lines)


def refusal(row: Row, value: str) -> str:
    try:
        reader(row).read(GOOD | {row.variable: value})
    except SettingError as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.variable)
def test_an_empty_variable_counts_as_unset(row: Row) -> None:
    environ = {name: value for name, value in GOOD.items() if name != row.variable}
    unset, empty = (reason(row, environ | given) for given in ({}, {row.variable: ""}))
    assert unset == empty


def reason(row: Row, environ: dict[str, str]) -> str:
    try:
        return repr(reader(row).read(environ))
    except SettingError as wrong:
        return str(wrong)


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = {"PROFILER_PASSWORD": "short", "HTTP_PORT": "http", "TLS_PROFILE": "old", "REDIS_URL": "http://x"}
    with pytest.raises(SettingError) as application:
        Settings.read({"FLASK_DEBUG": "1", "JOBS_BACKEND": "rq", "JOBS_BROKER_URL": "amqp://h//", **wrong})
    with pytest.raises(SettingError) as proxy:
        ProxySettings.read({"HTTPS_PORT": "0", "GUNICORN_THREADS": "none", **wrong})
    assert names(application.value) == {
        "FLASK_DEBUG",
        "JOBS_BROKER_URL",
        "PROFILER_PASSWORD",
        "REDIS_URL",
        "SECRET_KEY",
    }
    assert names(proxy.value) == {"GUNICORN_THREADS", "HTTP_PORT", "HTTPS_PORT", "SERVER_NAMES", "TLS_PROFILE"}


def names(error: SettingError) -> set[str]:
    return {line.partition(":")[0] for line in str(error).splitlines()}


def test_a_service_of_compose_may_have_an_underscore() -> None:
    chosen = ProxySettings.read(GOOD | {"UPSTREAMS": "my_app:8000, _app.my-net:80, [::1]:80"})
    assert chosen.application_servers == ["my_app:8000", "_app.my-net:80", "[::1]:80"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://:p%2Fw@h:6379/0",
        "redis://user:word@h",
        "rediss://h:6380/1?ssl_cert_reqs=none",
        "unix:///run/redis.sock?db=1",
        "unix://:word@/run/redis.sock",
        "redis://[::1]:6379/0",
        "redis://my_redis:6379",
    ],
)
def test_a_good_redis_url_is_taken(url: str) -> None:
    assert Settings.read(GOOD | {"REDIS_URL": url}).redis == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:p%40ss%3Aw%2Frd@host:5432/app?sslmode=require",
        "postgresql+psycopg://me@host/app",
        "postgresql+psycopg:///app?host=/run/postgresql",
        "postgresql+psycopg://me@[::1]:5432/app",
        "postgresql+psycopg://me@my_db/app",
        "sqlite:///file.db",
        "sqlite:////var/lib/file.db",
    ],
)
def test_a_good_database_url_is_taken(url: str) -> None:
    assert Settings.read(GOOD | {"DATABASE_URL": url}).database == url
