"""Settings that more than one part reads."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from hotroute.settings.base import HotrouteSettings, setting
from hotroute.settings.errors import WrongValueError
from hotroute.settings.hosts import LOOPBACK, Origins
from hotroute.settings.types import Folder, Kind, Port, whole

MOST_BODY_BYTES = 2**40
"""A tebibyte: what Nginx would take beyond is not meant."""


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def parse_level(value: Any) -> str:
    """Return a level of the log in upper case; it may be given in any."""
    if str(value).upper() not in LEVELS:
        raise WrongValueError("is not DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return str(value).upper()


class CommonSettings(HotrouteSettings):
    """Everywhere."""

    app_env: Literal["production", "development"] = setting(
        "production", "development is what `make run` asks for. Production refuses to start on anything unsafe"
    )
    data_dir: Folder = setting(
        Path("instance"),
        "Where the SQLite file, the development certificate and what Nginx writes are kept. Its owner is whom Nginx's "
        "workers become if root starts it: not root, in production",
        check_default=True,
    )
    log_level: Annotated[str, Kind(" or ".join(LEVELS), parse_level)] = setting(
        "INFO", "Least level of the log, whose lines are JSON on standard error"
    )

    @property
    def is_development(self) -> bool:
        """Return whether development was asked for: production is the default."""
        return self.app_env == "development"


class RedisPorts(CommonSettings):
    """The stack's Redis servers."""

    redis_port: Port = setting(6380, "Where the cache's Redis of `make run` listens, always on 127.0.0.1")
    jobs_redis_port: Port = setting(
        6381, "Where that of jobs listens (`hotroute redis --persistent`), also on 127.0.0.1"
    )

    def stack_redis(self, port: int) -> str:
        return f"redis://{LOOPBACK}:{port}/0"


class EdgeSettings(CommonSettings):
    """Requests: the application and Nginx enforce the same."""

    cors_origins: Origins = setting(
        (), "Origins whose pages may call the API, such as https://front.example; *: any. `make run` sets *"
    )
    cors_credentials: bool = setting(
        False, "Whether those pages may send cookies and the like; the API needs none", check_default=True
    )
    max_body_bytes: Annotated[int, whole(1, MOST_BODY_BYTES)] = setting(
        1024 * 1024, "The largest request body that is read", unit="bytes"
    )

    @field_validator("cors_credentials")
    @classmethod
    def origins_are_listed(cls, value: bool, info: ValidationInfo) -> bool:
        if value and "*" in info.data.get("cors_origins", ()):
            raise WrongValueError("lets every page send cookies: CORS_ORIGINS must list origins, not *")
        return value
