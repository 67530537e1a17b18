"""The environment of `hotroute up`: what a developer's machine adds to the production defaults."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from hotroute.extras import extra
from hotroute.serving.nginx import dev_certificate
from hotroute.settings.common import CommonSettings, RedisPorts
from hotroute.settings.serving import PORTS, ServingSettings

with extra("serve"):
    from dotenv import dotenv_values

SECRETS = "development.env"
MADE: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_hex(32),
    "PROFILER_PASSWORD": lambda: secrets.token_urlsafe(12),
}
"""What a developer's machine makes for itself."""

OPEN = {"CORS_ORIGINS": "*", "LOGIN_BURST": "1000", "WRITE_BURST": "1000"}
"""Any front end may call, and what tests the API may send as much as it likes: all of it comes from one address."""


def environment(environ: Mapping[str, str], root: Path, say: Callable[[str], None]) -> dict[str, str]:
    """`environ`, completed by `root`/.env, then by the secrets kept in DATA_DIR, then by development's defaults.

    Args:
        say: told about a secret that was made.

    Raises:
        SettingError: variables of servers cannot be used.
    """
    chosen = with_defaults(environ, read(root / ".env"))
    folder = CommonSettings.read(with_defaults(chosen, {"DATA_DIR": str(root / "instance")})).data_dir
    chosen = with_defaults(chosen, {"APP_ENV": "development"})
    if chosen["APP_ENV"] == "development":
        chosen = with_defaults(chosen, OPEN)
        chosen = with_defaults(chosen, made(folder, missing(chosen), say))
    return chosen | {"DATA_DIR": str(folder), "PATH": path(chosen)} | wiring(chosen)


def missing(chosen: Mapping[str, str]) -> list[str]:
    """Return the secrets that neither a variable nor a file gives."""
    return [name for name in MADE if not chosen.get(name) and not chosen.get(f"{name}_FILE")]


def wiring(chosen: Mapping[str, str]) -> dict[str, str]:
    """How the parts find each other. The one proxy in front of Gunicorn is the stack's own Nginx."""
    settings = ServingSettings.read(chosen)
    ports = {name: str(settings.port(name)) for name in PORTS}
    defaults = {"REDIS_URL": redis_url(chosen), "TRUSTED_PROXIES": "1"}
    unset = {name: text for name, text in defaults.items() if not chosen.get(name) and not chosen.get(f"{name}_FILE")}
    return ports | unset | {"PYTHONUNBUFFERED": "1"}


def redis_url(environ: Mapping[str, str]) -> str:
    """Return where the stack's own Redis is."""
    settings = RedisPorts.read(environ)
    return settings.stack_redis(settings.redis_port)


def with_defaults(values: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """An empty value counts as unset."""
    return dict(values) | {name: value for name, value in defaults.items() if not values.get(name)}


def read(file: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(file).items() if value is not None} if file.exists() else {}


def path(chosen: Mapping[str, str]) -> str:
    """The programs of this virtual environment come first, whether or not it is activated."""
    return os.pathsep.join(filter(None, (str(Path(sys.executable).parent), chosen.get("PATH", os.defpath))))


def made(folder: Path, names: Iterable[str], say: Callable[[str], None]) -> dict[str, str]:
    """The secrets of this machine's development, made on the first call, kept for its owner's eyes in `folder`."""
    file = folder / SECRETS
    kept = read(file)
    fresh = {name: MADE[name]() for name in names if not kept.get(name)}
    if fresh:
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in (kept | fresh).items()]
        dev_certificate.write_private(file, "".join(lines).encode())
    for name, value in fresh.items():
        say(f"Made a {name} for development, {value}, and kept it in {file}")
    return {name: value for name, value in (kept | fresh).items() if name in names}
