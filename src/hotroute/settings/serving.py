"""Settings of the servers: where each listens, and how much memory Redis takes."""

from pathlib import Path
from typing import Annotated

from pydantic import ValidationInfo, field_validator

from hotroute.settings.base import setting
from hotroute.settings.common import RedisPorts
from hotroute.settings.errors import WrongValueError
from hotroute.settings.gunicorn import GunicornSettings, parse_address, parse_bind, split_binds
from hotroute.settings.hosts import LOOPBACK, Addresses, has_ipv6, in_a_url
from hotroute.settings.types import Kind, Port, pattern

PORTS = ("HTTP_PORT", "HTTPS_PORT", "APP_PORT", "REDIS_PORT", "JOBS_REDIS_PORT", "JOBS_STREAM_PORT")
"""Every port that the stack listens on."""


NEW_REDIS = "HOTROUTE_NEW_REDIS"
"""Set by `hotroute up` for its parts, to anything: the Redis at REDIS_URL was started by the stack where none was."""


class ServingSettings(GunicornSettings, RedisPorts):
    """Servers."""

    redis_maxmemory: Annotated[
        str, pattern("memory", r"[0-9]{1,15}([kKmMgG][bB]?)?", "is not an amount of memory such as 256mb")
    ] = setting("256mb", "How much memory each of the stack's two Redis servers may take", unit="bytes, kb, mb, gb")
    http_port: Port = setting(8080, "Where Nginx listens for clients in plain, to redirect them")
    https_port: Port = setting(8443, "Where Nginx listens for clients, with TLS", check_default=True)
    http_address: Addresses = setting((), "Addresses on which it does", shown="127.0.0.1,::1")
    app_port: Port = setting(8000, "Where Gunicorn listens for Nginx")
    app_address: Addresses = setting((), "Address on which it does", shown=LOOPBACK)
    jobs_stream_port: Port = setting(
        8001, "Where the stream of jobs' progress listens for Nginx, on 127.0.0.1 (`hotroute jobs stream`)"
    )
    jobs_stream_bind: Annotated[str, Kind("address", parse_bind)] = setting(
        "", "Another address of the stream, as GUNICORN_BIND", shown="127.0.0.1 on JOBS_STREAM_PORT"
    )

    @field_validator("https_port")
    @classmethod
    def is_another_port(cls, value: int, info: ValidationInfo) -> int:
        if value == info.data.get("http_port"):
            raise WrongValueError("is HTTP_PORT too; set one of them to another")
        return value

    def port(self, name: str) -> int:
        """Return one of `PORTS`."""
        number: int = getattr(self, name.lower())
        return number

    def addresses(self, port_name: str) -> list[str]:
        """Return the IP addresses that a port is opened on; the loopback address unless asked for more."""
        if port_name == "APP_PORT":
            return list(self.app_address or (LOOPBACK,))
        if port_name in {"HTTP_PORT", "HTTPS_PORT"}:
            return list(self.http_address or ((LOOPBACK, "::1") if has_ipv6() else (LOOPBACK,)))
        return [LOOPBACK]

    def endpoints(self, port_name: str) -> list[str]:
        """Return `127.0.0.1:8000` or `[::1]:8000`, as Gunicorn and Nginx write it, for each address."""
        return [f"{in_a_url(host)}:{self.port(port_name)}" for host in self.addresses(port_name)]

    def endpoint(self, port_name: str) -> str:
        """Return the first of the endpoints: where a client on this machine connects to."""
        return self.endpoints(port_name)[0]

    def own_application(self) -> str:
        """Return where Gunicorn listens first, as Nginx writes it."""
        bind = next(iter(split_binds(self.gunicorn_bind)), "fd://")
        if bind.startswith("fd://"):
            return self.endpoint("APP_PORT")
        address = parse_address(bind)
        if isinstance(address, str):
            return f"unix:{Path(address).absolute()}"
        return f"{in_a_url(address[0] or LOOPBACK)}:{address[1]}"
