"""Every setting of Conduit, read once from the environment; docs/settings.md describes each."""

import os
from typing import Annotated, Any, ClassVar

import limits

from hotroute.settings.application import TEN_YEARS, ApplicationSettings
from hotroute.settings.base import setting
from hotroute.settings.errors import WrongValueError
from hotroute.settings.types import Kind, whole


def parse_rate_limit(value: Any) -> str:
    try:
        limits.parse_many(str(value))
    except ValueError:
        raise WrongValueError('is not a rate such as "10 per minute"') from None
    return str(value)


RateLimit = Annotated[str, Kind("rate", parse_rate_limit)]


class Settings(ApplicationSettings):
    """Conduit (src/conduit/config.py)."""

    DATABASE_FILE: ClassVar[str] = "conduit.db"

    token_lifetime: Annotated[int, whole(1, TEN_YEARS)] = setting(
        7 * 24 * 3600, "How long a token counts, ten years at most; the default is a week", unit="seconds"
    )
    login_rate_limit: RateLimit = setting(
        "10 per minute",
        'How often one address (IPv6: one /64) may try an account ("5 per minute; 100 per day" works too)',
    )
    registration_rate_limit: RateLimit = setting("10 per hour", "How often one address may register an e-mail address")
    account_rate_limit: RateLimit = setting(
        "1000 per hour",
        "How often all addresses together may do so. Much higher, or one of them keeps the owner out from everywhere",
    )
    seed_articles: Annotated[int, whole(0, 10_000_000)] = setting(
        3000, "How many articles the first start of `make run` makes up"
    )


def load() -> Settings:
    """Read the environment.

    Raises:
        SettingError: naming each setting that is missing, malformed or unsafe.
    """
    return Settings.read(os.environ)
