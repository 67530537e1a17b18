"""URLs of databases, Redis and brokers. No message holds a part of one: it may be of the password."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import URL, make_url

from hotroute.database import pooler
from hotroute.settings.errors import WrongValueError
from hotroute.settings.types import Kind

POSTGRESQL = ("postgres://", "postgresql://", "postgresql+psycopg://")
ENCODE = "write a password's @ : / ? # % as %40 %3A %2F %3F %23 %25"
DATABASE = "postgresql://user:password@host:5432/name or sqlite:///file"
REDIS = "redis://:password@host:6379/0, rediss:// (TLS) or unix:///path"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
AMQP_SCHEMES = ("amqp://", "amqps://")


def parse_database_url(value: Any) -> str:
    url = str(value)
    if not url.startswith((*POSTGRESQL, "sqlite:")) or any(map(str.isspace, url)):
        raise WrongValueError(f"is no URL of a database; write {DATABASE}")
    try:
        parsed = make_url(url)
    except Exception:
        raise WrongValueError(
            f"is malformed: the port is no number, or the password is not encoded; {ENCODE}"
        ) from None
    try:
        pooler.check(url)
    except ValueError as error:
        raise WrongValueError(f"cannot be used: {error}") from None
    if parsed.get_backend_name() == "sqlite":
        check_file(parsed)
    else:
        check_server(parsed)
    return url


def check_file(url: URL) -> None:
    file = url.database or ""
    if url.host or file in {"", ":memory:"} or "memory" in url.query.get("mode", "") or file.startswith("file:"):
        raise WrongValueError(
            "needs a file, sqlite:///file (four slashes for an absolute path): a database in memory is another one for "
            "each connection"
        )
    if Path(file).is_dir():
        raise WrongValueError("needs a file, sqlite:///file, and names a folder")


def check_server(url: URL) -> None:
    host = url.host or ""
    if "@" in host or "@" in (url.database or "") or any(sign in host for sign in "#?%"):
        raise WrongValueError(f"is malformed: it has an @ too many; {ENCODE}")
    if url.port is not None and not 0 < url.port < 65536:
        raise WrongValueError("has a port that is not from 1 to 65535")


def add_driver(url: str) -> str:
    """Return the URL with the driver by which SQLAlchemy is to reach PostgreSQL."""
    return url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)


def parse_redis_url(value: Any) -> str:
    url = str(value)
    if not url.startswith(REDIS_SCHEMES) or any(map(str.isspace, url)):
        raise WrongValueError(f"is no URL of a Redis; write {REDIS}")
    check_redis(split(url))
    check_connection(url)
    return url


def split(url: str) -> SplitResult:
    """Return the parts of a URL whose port is one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WrongValueError(
            f"is malformed: the port is no number from 1 to 65535, or the password is not encoded; {ENCODE}"
        ) from None
    if port == 0 or "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise WrongValueError(f"is malformed: the port is 0, or the password is not encoded; {ENCODE}")
    return parts


def check_redis(parts: SplitResult) -> None:
    if parts.scheme == "unix":
        if not parts.path.strip("/"):
            raise WrongValueError("names no socket; write unix:///path")
        return
    if not parts.hostname:
        raise WrongValueError(f"names no host; write {REDIS}")
    database = parts.path.removeprefix("/")
    if database and not (database.isascii() and database.isdigit()):
        raise WrongValueError("names a database that is no number; write redis://host:6379/0")


def check_connection(url: str) -> None:
    """Have the cache's own reader judge the rest, such as the certificates that the URL names."""
    from hotroute.cache.redis_client import endpoint  # noqa: PLC0415  # redis-py, which servers do not need

    try:
        endpoint.parse(url)
    except Exception:
        raise WrongValueError(
            "has an option that cannot be used: ssl_ca_certs, ssl_certfile and ssl_keyfile name PEM files that can be "
            "read, db is a number"
        ) from None


def parse_broker_url(value: Any) -> str:
    url = str(value)
    if not url.startswith(AMQP_SCHEMES):
        if not url.startswith(("redis://", "rediss://")):
            raise WrongValueError("is no URL of a broker; write redis://host:6379/0 or amqp://user:password@host//")
        return parse_redis_url(url)
    if any(map(str.isspace, url)) or not split(url).hostname:
        raise WrongValueError("names no host; write amqp://user:password@host//")
    return url


DatabaseUrl = Annotated[str, Kind("URL", parse_database_url)]
RedisUrl = Annotated[str, Kind("URL", parse_redis_url)]
BrokerUrl = Annotated[str, Kind("URL", parse_broker_url)]
