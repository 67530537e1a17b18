"""Secrets as files: `SECRET_KEY_FILE=/run/secrets/secret_key` instead of `SECRET_KEY`, as orchestrators mount them."""

from collections.abc import Mapping
from pathlib import Path

from hotroute.serving.settings.env import SettingError

SECRETS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "JOBS_BROKER_URL",
    "JOBS_MESSAGE_QUEUE",
    "PROFILER_URL",
    "PROFILER_PASSWORD",
    "PROFILER_KEY",
)
"""Every variable that may come from a file: those with a password in them."""


def read_secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets whose `_FILE` variable names a file, without the newline at its end.

    Raises:
        SettingError: a file cannot be read or is empty, or the variable itself is set too.
    """
    return {name: read_secret(environ, name) for name in SECRETS if environ.get(f"{name}_FILE")}


def read_secret(environ: Mapping[str, str], name: str) -> str:
    path = environ[f"{name}_FILE"]
    if environ.get(name):
        raise SettingError(f"{name}_FILE: {name} is set too; set one of them")
    try:
        secret = Path(path).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE: {path} cannot be read ({error}); let this user read it") from None
    if not secret:
        raise SettingError(f"{name}_FILE: {path} is empty; write the secret into it")
    return secret
