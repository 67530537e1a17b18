"""Settings of Nginx."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from hotroute.settings.base import setting
from hotroute.settings.common import CommonSettings, EdgeSettings
from hotroute.settings.errors import WrongValueError
from hotroute.settings.gunicorn import split_binds
from hotroute.settings.hosts import Networks, ServerNames, Upstreams
from hotroute.settings.serving import ServingSettings
from hotroute.settings.types import ConfFile, ConfFolder, Folder, Kind, check_conf_path, parse_conf_path, whole

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
TWO_YEARS = 63_072_000
"""Mozilla's least for Strict-Transport-Security."""

MOST_BURST, MOST_CONNECTIONS = 1_000_000, 65_535
RATE = re.compile(r"([1-9][0-9]{0,6})r/([sm])")


def parse_rate(value: Any) -> str:
    if not RATE.fullmatch(str(value)):
        raise WrongValueError("is not a rate such as 10r/s or 30r/m")
    return str(value)


def seconds_between(rate: str) -> int:
    """Return the seconds, rounded up, until one more is allowed."""
    count, _, unit = rate.partition("r/")
    return -(-{"s": 1, "m": 60}[unit] // int(count))


def parse_program(value: Any) -> Path:
    path = Path(str(value))
    if not path.is_file() or not os.access(path, os.X_OK):
        raise WrongValueError("is not a program")
    return path


def parse_access_log(value: Any) -> str:
    text = str(value)
    if text in {"off", "stdout"}:
        return text
    file = parse_conf_path(text)
    if "/" not in text or text.endswith("/") or file.is_dir() or not file.parent.is_dir():
        raise WrongValueError("is not stdout, off or the path of a file in a folder that is there")
    return str(file)


Rate = Annotated[str, Kind("rate", parse_rate)]
Burst = Annotated[int, whole(1, MOST_BURST)]


class NginxProgram(CommonSettings):
    """Nginx's program."""

    nginx_program: Annotated[Path, Kind("program", parse_program)] | None = setting(
        None, "The program", shown="the nginx on the PATH, or else the one of requirements/embedded.txt"
    )
    nginx_templates: Folder = setting(
        Path("nginx"),
        "The folder of the project's own templates of the proxy; each replaces the package's of the same name",
        check_default=True,
    )


class StaticFiles(CommonSettings):
    """Static files."""

    static_dir: ConfFolder | None = setting(
        None, "Where `hotroute static` builds what Nginx serves at /static/", shown="static in DATA_DIR"
    )

    @property
    def static_folder(self) -> Path:
        return self.static_dir or self.data_dir / "static"


class ProxySettings(NginxProgram, StaticFiles, ServingSettings, EdgeSettings):
    """Nginx (docs/proxy.md)."""

    server_names: ServerNames = setting(
        (),
        "The names that are served; *.example.org too. All others are refused. `make run` serves "
        "localhost,127.0.0.1,::1; production has no default",
        shown="none",
        check_default=True,
    )
    upstreams: Upstreams = setting(
        (),
        "The application servers: 10.0.0.2:8000, my_app:8000, [fd00::2]:8000 or unix:/run/app.sock",
        shown="this machine's Gunicorn, where GUNICORN_BIND says that it listens first, or on APP_PORT",
    )
    tls_certificate: ConfFile | None = setting(
        None, "The certificate chain, a PEM file", shown="in development one is made"
    )
    tls_certificate_key: ConfFile | None = setting(None, "Its key, a PEM file", shown="in development one is made")
    tls_profile: Literal["intermediate", "modern"] = setting(
        "intermediate", "Mozilla's profile: intermediate (TLS 1.2 and 1.3) or modern (1.3 only)"
    )
    hsts_max_age: Annotated[int, whole(0, 10**10)] | None = setting(
        None,
        "How long browsers keep to HTTPS; 0 sends no Strict-Transport-Security. `make run` sends none",
        unit="seconds",
        shown=f"{TWO_YEARS}, two years",
    )
    acme_webroot: ConfFolder | None = setting(
        None,
        "Where an ACME client puts its answers to /.well-known/acme-challenge/; it is made",
        shown="acme in DATA_DIR",
    )
    real_ip_from: Networks = setting(
        (), "Networks of the proxies in front of this one, whose X-Forwarded-For is believed", shown="none"
    )
    private_networks: Networks = setting(
        ("127.0.0.0/8", "::1/128"),
        "Networks from which /readyz, /metrics, /profiler and /nginx-status can be reached",
        shown="127.0.0.0/8,::1",
    )
    write_rate: Rate = setting("10r/s", "By client address: writes, which are all but GET, HEAD and OPTIONS")
    write_burst: Burst = setting(50, "How many of them at once beyond the rate. `make run` sets 1000")
    write_connections: Annotated[int, whole(1, MOST_CONNECTIONS)] = setting(20, "How many of them in flight")
    login_rate: Rate = setting("30r/m", "By client address: logins and registrations")
    login_burst: Burst = setting(10, "How many of them at once beyond the rate. `make run` sets 1000")
    nginx_access_log: Annotated[str, Kind("file", parse_access_log)] = setting(
        "",
        "A file in a folder that is there, stdout (which is no socket, as under systemd's journal) or off",
        shown="nginx/access.log in DATA_DIR",
    )

    @field_validator("server_names")
    @classmethod
    def names_are_served(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not value and info.data.get("app_env") == "production":
            raise WrongValueError("is not set; it names the hosts to serve, such as api.example.org")
        return value or LOCAL_NAMES

    @field_validator("data_dir")
    @classmethod
    def nginx_can_be_told(cls, value: Path) -> Path:
        check_conf_path(value)
        return value

    @field_validator("gunicorn_bind")
    @classmethod
    def nginx_can_connect(cls, value: str) -> str:
        for bind in split_binds(value):
            if bind.startswith("unix:"):
                check_conf_path(Path(bind.removeprefix("unix:")).absolute())
        return value

    @property
    def application_servers(self) -> list[str]:
        return list(self.upstreams) or [self.own_application()]

    @property
    def hsts_seconds(self) -> int:
        """None in development: a browser would keep to HTTPS for every other program on localhost, for years."""
        return self.hsts_max_age if self.hsts_max_age is not None else 0 if self.is_development else TWO_YEARS

    @property
    def access_log(self) -> str:
        """The file of the access log; empty where there shall be none."""
        given = self.nginx_access_log or str(self.data_dir / "nginx" / "access.log")
        return {"off": "", "stdout": "/dev/stdout"}.get(given, given)

    @property
    def acme_folder(self) -> Path:
        return self.acme_webroot or self.data_dir / "acme"
