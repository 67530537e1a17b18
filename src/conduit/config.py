"""Every setting of Conduit, read once from the environment; `.env.example` documents each."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import limits
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url

from hotroute.database import pooler
from hotroute.serving.settings.env import SettingError, is_origin
from hotroute.serving.settings.secret_files import read_secret_files

SECRET_KEY_BYTES = 32
"""HS256 wants a key no shorter than its hash (RFC 7518, section 3.2)."""

PASSWORD_CHARACTERS = 12
TEN_YEARS = 10 * 365 * 24 * 3600
"""Seconds; the time of a token that lives for ever cannot be written down."""


class ConfigurationError(RuntimeError):
    """A setting is missing, malformed or unsafe; the message names it."""


class Settings(BaseSettings):
    """The environment, typed. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False)

    app_env: Literal["production", "development"] = "production"
    secret_key: SecretStr
    debug: bool = Field(default=False, validation_alias="FLASK_DEBUG")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    data_dir: Path = Path("instance")
    database_url: str = ""
    database_timeout: Annotated[float, Field(gt=0, le=60)] = 1.5
    database_pool_size: Annotated[int, Field(ge=0)] = 0
    redis_port: Annotated[int, Field(gt=0, lt=65536)] = 6380
    redis_url: str = ""
    redis_timeout: Annotated[float, Field(gt=0, le=5)] = 0.05
    cache_enabled: bool = True
    cache_namespace: str = "hot:"
    cache_mark_ttl: Annotated[float, Field(gt=0, le=600)] = 15.0

    jobs_backend: Literal["celery", "rq"] = "celery"
    jobs_redis_port: Annotated[int, Field(gt=0, lt=65536)] = 6381
    jobs_broker_url: str = ""
    jobs_message_queue: str = ""
    jobs_retention: Annotated[float, Field(gt=0, le=TEN_YEARS)] = 7 * 24 * 3600.0

    profiler_enabled: bool = True
    profiler_url: str = ""
    profiler_username: str = "admin"
    profiler_password: SecretStr = SecretStr("")
    profiler_samples_per_second: Annotated[float, Field(ge=0, le=10_000)] = 100.0
    profiler_slow_seconds: Annotated[float, Field(gt=0, le=600)] = 0.5
    profiler_slow_routes: Annotated[dict[str, Annotated[float, Field(gt=0, le=600)]], NoDecode] = {}
    profiler_key: SecretStr = SecretStr("")

    token_lifetime: Annotated[int, Field(gt=0, le=TEN_YEARS)] = 7 * 24 * 3600
    login_rate_limit: str = "10 per minute"
    registration_rate_limit: str = "10 per hour"
    account_rate_limit: str = "1000 per hour"
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    cors_credentials: bool = False
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    seed_articles: Annotated[int, Field(ge=0)] = 3000
    max_body_bytes: Annotated[int, Field(gt=0)] = 1024 * 1024

    @field_validator("cors_origins", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not is_origin(each):
                raise ValueError(f"{each!r} is no origin such as https://front.example or http://localhost:3000, nor *")
        return value

    @field_validator("login_rate_limit", "registration_rate_limit", "account_rate_limit")
    @classmethod
    def a_rate(cls, value: str) -> str:
        try:
            limits.parse_many(value)
        except ValueError:
            raise ValueError('needs a rate such as "10 per minute"') from None
        return value

    @field_validator("database_url", "profiler_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "postgres:", "postgresql:", "postgresql+psycopg:")):
            raise ValueError("needs a URL such as postgresql://user:password@host/name, or sqlite:///file")
        if value.startswith("sqlite:") and make_url(value).database in {None, "", ":memory:"}:
            raise ValueError("needs a file, sqlite:///file: a database in memory is another one for each connection")
        if value:
            pooler.check(value)
        return value

    @field_validator("jobs_broker_url", "jobs_message_queue")
    @classmethod
    def known_broker(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
            raise ValueError("needs a URL such as redis://host:6379/0 or amqp://user:password@host//")
        return value

    @field_validator("secret_key")
    @classmethod
    def long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode()) < SECRET_KEY_BYTES:
            raise ValueError(f"needs at least {SECRET_KEY_BYTES} bytes; make one with: openssl rand -hex 32")
        return value

    @field_validator("profiler_slow_routes", mode="before")
    @classmethod
    def seconds_by_route(cls, value: object) -> object:
        """Pairs such as "/api/articles=0.1", apart by spaces: no rule of a route has one."""
        return dict(pair.rpartition("=")[::2] for pair in value.split()) if isinstance(value, str) else value

    @field_validator("profiler_key")
    @classmethod
    def not_to_be_guessed(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < PASSWORD_CHARACTERS:
            raise ValueError(f"needs at least {PASSWORD_CHARACTERS} characters, or none: nobody is told then")
        return value

    @model_validator(mode="after")
    def profiler_has_a_password(self) -> Self:
        if self.profiler_enabled and len(self.profiler_password.get_secret_value()) < PASSWORD_CHARACTERS:
            raise ValueError(
                f"PROFILER_PASSWORD: needs at least {PASSWORD_CHARACTERS} characters; make one with: "
                "openssl rand -hex 16, or say PROFILER_ENABLED=false"
            )
        return self

    @model_validator(mode="after")
    def backend_can_use_the_broker(self) -> Self:
        if self.jobs_backend == "rq" and self.jobs_broker_url.startswith("amqp"):
            raise ValueError("JOBS_BROKER_URL: RQ works on Redis only; give a redis:// URL, or set JOBS_BACKEND=celery")
        return self

    @model_validator(mode="after")
    def nothing_insecure_unasked(self) -> Self:
        if self.app_env == "production" and self.debug:
            raise ValueError("FLASK_DEBUG must be off when APP_ENV is production")
        if self.cors_credentials and "*" in self.cors_origins:
            raise ValueError("CORS_ORIGINS must list origins, not *, when CORS_CREDENTIALS is on")
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL; a SQLite file in the data folder unless `DATABASE_URL` says otherwise."""
        return self.url_of(self.database_url, "conduit.db")

    @property
    def profiler(self) -> str:
        """The same of what the profiler records; a SQLite file of its own unless `PROFILER_URL` says otherwise."""
        return self.url_of(self.profiler_url, "profiler.db")

    def url_of(self, given: str, file: str) -> str:
        url = given or f"sqlite:///{self.data_dir.absolute() / file}"
        return url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def redis(self) -> str:
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def jobs_broker(self) -> str:
        """The URL of the jobs' broker; the stack's persistent Redis unless `JOBS_BROKER_URL` says otherwise."""
        return self.jobs_broker_url or f"redis://127.0.0.1:{self.jobs_redis_port}/0"

    @property
    def jobs_messages(self) -> str:
        """The URL of the queue of Socket.IO; the broker unless `JOBS_MESSAGE_QUEUE` says otherwise."""
        return self.jobs_message_queue or self.jobs_broker


def load() -> Settings:
    """Read the environment, and the files that its `_FILE` variables name.

    Raises:
        ConfigurationError: naming each setting that is missing, malformed or unsafe.
    """
    try:
        from_files: dict[str, Any] = {name.lower(): text for name, text in read_secret_files(os.environ).items()}
        return Settings(**from_files)
    except SettingError as wrong:
        raise ConfigurationError(f"Conduit does not start: {wrong}") from None
    except ValidationError as invalid:
        raise ConfigurationError(explain(invalid)) from None


def explain(invalid: ValidationError) -> str:
    lines = [f"  {setting(error['loc'])}{reason(error['type'], error['msg'])}" for error in invalid.errors()]
    return (
        "Conduit does not start with these settings:\n" + "\n".join(lines) + "\n.env.example describes every setting."
    )


def setting(location: tuple[int | str, ...]) -> str:
    return f"{str(location[0]).upper()}: " if location else ""


def reason(kind: str, message: str) -> str:
    return "is not set" if kind == "missing" else message.removeprefix("Value error, ")
