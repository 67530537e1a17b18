"""Settings of an application; a project's own class extends `ApplicationSettings`."""

from typing import Annotated, ClassVar, Literal

from pydantic import SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from hotroute.settings.base import setting
from hotroute.settings.common import CommonSettings, EdgeSettings, RedisPorts
from hotroute.settings.errors import WrongValueError
from hotroute.settings.types import Kind, number, pattern, whole
from hotroute.settings.urls import BrokerUrl, DatabaseUrl, RedisUrl, add_driver

SECRET_KEY_BYTES = 32
"""HS256 wants a key no shorter than its hash (RFC 7518, section 3.2)."""

PASSWORD_CHARACTERS = 12
TEN_YEARS = 10 * 365 * 24 * 3600
NEEDS_LENGTH = f"needs at least {PASSWORD_CHARACTERS} characters"
Seconds = number(0, 600)


def parse_slow_routes(value: object) -> dict[str, float]:
    """Return seconds by route, of pairs such as /api/articles=0.1, apart by spaces: no rule of a route has one."""
    pairs = [pair.rpartition("=")[::2] for pair in value.split()] if isinstance(value, str) else dict(value).items()  # type: ignore[call-overload]
    for rule, _ in pairs:
        if not rule.startswith("/") or ",/" in rule:
            raise WrongValueError("is not a list of routes and seconds such as /api/articles=0.1 /api/tags=2")
    return {rule: Seconds.parse(seconds) for rule, seconds in pairs}


SlowRoutes = Annotated[dict[str, float], NoDecode, Kind("route=seconds, with spaces", parse_slow_routes)]


class DatabaseSettings(CommonSettings):
    """The database."""

    DATABASE_FILE: ClassVar[str] = "application.db"
    """The SQLite file in DATA_DIR where no DATABASE_URL is set."""

    database_url: DatabaseUrl = setting(
        "",
        "postgresql://user:password@host/name, or sqlite:///file. Behind PgBouncer: ?pooler=transaction "
        "(docs/decisions/0004-database-engines.md says what is lost)",
        shown="a SQLite file in DATA_DIR",
        secret=True,
    )
    database_timeout: Annotated[float, number(0, 60)] = setting(
        1.5, "How long to wait for a connection or a lock before the answer is 503", unit="seconds"
    )
    database_pool_size: Annotated[int, whole(0, 10_000)] = setting(
        0,
        "Connections kept in each worker process. 0: as many as it has threads, which is what it can use at a time. In "
        "all: workers x (this + 2), and twice that at most while Redis is away, which must fit into PostgreSQL's "
        'max_connections: one of each worker\'s looks for writes without Redis (docs/cache-model.md, "The fence")',
        unit="connections",
    )

    def url_in_data_dir(self, given: str, file: str) -> str:
        return add_driver(given or f"sqlite:///{self.data_dir.absolute() / file}")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL; a SQLite file in the data folder unless `DATABASE_URL` says otherwise."""
        return self.url_in_data_dir(self.database_url, self.DATABASE_FILE)


class CacheSettings(RedisPorts):
    """The cache."""

    redis_url: RedisUrl = setting(
        "", "redis://, rediss:// or unix:// URL of the cache's Redis", shown="127.0.0.1 on REDIS_PORT", secret=True
    )
    redis_timeout: Annotated[float, number(0, 5)] = setting(
        0.05, "How long to wait for Redis before a request goes on without it", unit="seconds"
    )
    cache_enabled: bool = setting(
        True, "Whether hot routes are answered from Redis, and from their views while it is away"
    )
    cache_namespace: Annotated[
        str,
        pattern(
            "text", r"[A-Za-z0-9_.:-]{1,100}", "has a sign other than letters, digits and _ . : -, or is over 100 long"
        ),
    ] = setting("hot:", "The prefix of what is stored in Redis")
    cache_mark_ttl: Annotated[float, Seconds] = setting(
        15.0,
        "Longer than any transaction takes: how long a writer that died keeps its routes uncached, and how long a "
        "Redis that has just started is not trusted, unless the databases say that nobody writes (`hotroute trust`)",
        unit="seconds",
    )

    @property
    def redis(self) -> str:
        return self.redis_url or self.stack_redis(self.redis_port)


class JobsSettings(RedisPorts):
    """Jobs."""

    jobs_backend: Literal["celery", "rq"] = setting(
        "celery", "What carries jobs to their workers; rq works on Redis only"
    )
    jobs_broker_url: BrokerUrl = setting(
        "",
        "redis://, rediss:// or (Celery only) amqp:// URL of the broker, which must not evict or forget",
        shown="127.0.0.1 on JOBS_REDIS_PORT",
        secret=True,
    )
    jobs_message_queue: BrokerUrl = setting(
        "",
        "The same of the queue by which workers reach those who follow a job by Socket.IO",
        shown="JOBS_BROKER_URL",
        secret=True,
    )
    jobs_retention: Annotated[float, number(0, TEN_YEARS)] = setting(
        7 * 24 * 3600.0, "How long the result of a finished job is kept; the default is a week", unit="seconds"
    )

    @field_validator("jobs_broker_url")
    @classmethod
    def backend_can_use_the_broker(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("jobs_backend") == "rq" and value.startswith("amqp"):
            raise WrongValueError("is RabbitMQ, and RQ works on Redis only; give redis://, or JOBS_BACKEND=celery")
        return value

    @property
    def jobs_broker(self) -> str:
        """The URL of the jobs' broker; the stack's persistent Redis unless `JOBS_BROKER_URL` says otherwise."""
        return self.jobs_broker_url or self.stack_redis(self.jobs_redis_port)

    @property
    def jobs_messages(self) -> str:
        """The URL of the queue of Socket.IO; the broker unless `JOBS_MESSAGE_QUEUE` says otherwise."""
        return self.jobs_message_queue or self.jobs_broker


class ProfilerStorage(DatabaseSettings):
    """The profiler's records."""

    profiler_url: DatabaseUrl = setting(
        "",
        "postgresql://user:password@host/name, or sqlite:///file; ?pooler=transaction as in DATABASE_URL",
        shown="a SQLite file of its own in DATA_DIR",
        secret=True,
    )

    @property
    def profiler(self) -> str:
        """The SQLAlchemy URL; a SQLite file of its own unless `PROFILER_URL` says otherwise."""
        return self.url_in_data_dir(self.profiler_url, "profiler.db")


class ProfilerSettings(ProfilerStorage):
    """The profiler."""

    profiler_enabled: bool = setting(True, "Whether requests are recorded, and the dashboard at /profiler/ shows them")
    profiler_username: Annotated[
        str, pattern("text", r"[^\x00-\x1f\x7f:]{1,100}", "has a colon or a control character, or is over 100 long")
    ] = setting("admin", "Who may see the dashboard")
    profiler_password: SecretStr = setting(
        SecretStr(""),
        "Its password, at least 12 characters, without which nothing starts while the profiler is on. `make run` makes "
        "one for itself, and prints it",
        secret=True,
        check_default=True,
    )
    profiler_samples_per_second: Annotated[float, number(0, 10_000, zero=True)] = setting(
        100.0,
        "How many requests are looked at closely, over all workers; all others are counted and timed",
        unit="1/second",
    )
    profiler_slow_seconds: Annotated[float, Seconds] = setting(
        0.5,
        "From when a request is slow, and kept with its stacks; sooner for a route that is usually faster: then it is "
        "twice what 99 of 100 of its requests take in that worker, at least 0.02",
        unit="seconds",
    )
    profiler_slow_routes: Annotated[
        dict[str, float], NoDecode, Kind("route=seconds, with spaces", parse_slow_routes)
    ] = setting(
        {}, "Other such times for some routes, such as /api/articles=0.1 /api/tags=0.02", unit="seconds", shown="none"
    )
    profiler_key: SecretStr = setting(
        SecretStr(""),
        "Who sends this, at least 12 characters, as the header Hotroute-Profile is told by Server-Timing where the "
        "time went",
        shown="nobody",
        secret=True,
    )

    @field_validator("profiler_password")
    @classmethod
    def password_is_long(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("profiler_enabled", False) and len(value.get_secret_value()) < PASSWORD_CHARACTERS:
            raise WrongValueError(f"{NEEDS_LENGTH}; make one with: openssl rand -hex 16, or say PROFILER_ENABLED=false")
        return value

    @field_validator("profiler_key")
    @classmethod
    def key_is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < PASSWORD_CHARACTERS:
            raise WrongValueError(f"{NEEDS_LENGTH}, or none: nobody is told then")
        return value


class ApplicationSettings(CacheSettings, JobsSettings, ProfilerSettings, EdgeSettings):
    """The application."""

    secret_key: SecretStr = setting(
        ...,
        "Signs the tokens: at least 32 bytes. `make run` makes one for itself",
        secret=True,
        fix="make one with: openssl rand -hex 32",
    )
    debug: bool = setting(False, "Flask's debug mode; refused in production", alias="FLASK_DEBUG")
    trusted_proxies: Annotated[int, whole(0, 10)] = setting(
        0, "How many proxies of ours stand in front: so many X-Forwarded values are believed. `make run` sets 1"
    )

    @field_validator("secret_key")
    @classmethod
    def key_is_no_shorter_than_its_hash(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode(errors="surrogateescape")) < SECRET_KEY_BYTES:
            raise WrongValueError(f"needs at least {SECRET_KEY_BYTES} bytes; make one with: openssl rand -hex 32")
        return value

    @field_validator("debug")
    @classmethod
    def is_off_in_production(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("app_env") == "production":
            raise WrongValueError("is refused when APP_ENV is production; it must be off")
        return value
