"""Gunicorn's settings by its own names: the defaults of those that differ from its own, or matter enough.

The profiler reads them where Gunicorn need not be installed, so it is imported when a value is to be judged.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import ValidationInfo, field_validator

from hotroute.settings.base import setting
from hotroute.settings.common import CommonSettings, parse_level
from hotroute.settings.errors import WrongValueError
from hotroute.settings.types import CONTROL, Folder, Kind, pattern, whole

PREFIX = "gunicorn_"
MOST = 2**31 - 1
Number = whole(0, MOST)


def split_binds(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_bind(value: Any) -> str:
    for bind in split_binds(str(value)):
        if CONTROL.search(bind) or " " in bind or not is_bind(bind):
            raise WrongValueError("is not an address such as 127.0.0.1:8000, unix:/run/app.sock or fd://3", bind)
    return str(value)


def is_bind(bind: str) -> bool:
    try:
        address = parse_address(bind)
    except (RuntimeError, ValueError):
        return False
    if isinstance(address, tuple):
        return ":" in bind and "/" not in bind and "@" not in bind and 0 < address[1] < 65536
    return bool(address)


def parse_address(bind: str) -> Any:
    """Return a host and a port, the path of a socket, or the number of a file, as Gunicorn reads it."""
    from gunicorn.util import parse_address as parse  # type: ignore[import-untyped]  # noqa: PLC0415

    return parse(bind)


def parse_worker_class(value: Any) -> str:
    from gunicorn.workers import SUPPORTED_WORKERS  # type: ignore[import-untyped]  # noqa: PLC0415

    text = str(value)
    if text not in SUPPORTED_WORKERS and not is_importable(text.rpartition(".")[0]):
        raise WrongValueError("is neither a kind of worker such as gthread nor the path of a class that is there")
    return text


def is_importable(module: str) -> bool:
    try:
        return bool(module) and find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def parse_log_file(value: Any) -> str:
    path = Path(str(value))
    if str(value) != "-" and (CONTROL.search(str(value)) or path.is_dir() or not path.absolute().parent.is_dir()):
        raise WrongValueError("is neither - nor a file in a folder that is there")
    return str(value)


class GunicornSettings(CommonSettings):
    """Gunicorn (its own names; https://docs.gunicorn.org/en/stable/settings.html)."""

    gunicorn_bind: Annotated[str, Kind("addresses, with commas", parse_bind)] = setting(
        "",
        "Where to listen: 127.0.0.1:8000, unix:/run/app.sock, fd://3 for a TCP socket held outside; systemd's "
        "LISTEN_FDS wins, and only with it does a unix socket held outside keep its path",
        shown="APP_ADDRESS on APP_PORT",
    )
    gunicorn_worker_class: Annotated[str, Kind("kind of worker", parse_worker_class)] = setting(
        "hotroute.serving.gunicorn.worker.Worker",
        "Kind of worker: gthread, which keeps slow and idle connections off the threads, with a better end",
    )
    gunicorn_workers: Annotated[int, whole(1, 10_000)] | None = setting(
        None, "Worker processes", shown="one per CPU that the container really has, at least 2"
    )
    gunicorn_threads: Annotated[int, whole(1, 10_000)] = setting(
        4, "Threads in each worker, each with one request at a time"
    )
    gunicorn_worker_connections: Annotated[int, Number] = setting(
        1000, "Connections that one worker holds, idle ones included"
    )
    gunicorn_backlog: Annotated[int, Number] = setting(
        2048, "Connections that wait in the kernel while every worker is busy or restarting"
    )
    gunicorn_keepalive: Annotated[int, Number] = setting(
        15,
        "How long an idle connection stays open; longer than the 1 s of the proxy, see upstream.conf.j2",
        unit="seconds",
    )
    gunicorn_timeout: Annotated[int, Number] = setting(
        30,
        "How long a worker may be without a heartbeat until it is killed; a slow request does not stop the heartbeat",
        unit="seconds",
    )
    gunicorn_graceful_timeout: Annotated[int, Number] = setting(
        30, "What requests in flight get when a worker stops", unit="seconds"
    )
    gunicorn_max_requests: Annotated[int, Number] = setting(
        100_000, "Requests after which a worker is replaced, against slow leaks; 0: never"
    )
    gunicorn_max_requests_jitter: Annotated[int, Number] = setting(
        10_000, "Random addition to max_requests, so that workers are not replaced together"
    )
    gunicorn_preload_app: bool = setting(
        True, "Import the application once, before the fork: quick restarts, shared memory"
    )
    gunicorn_worker_tmp_dir: Folder | None = setting(
        None,
        "Folder of the heartbeat files, on no disk",
        shown="/dev/shm where it is a writable tmpfs",  # noqa: S108
    )
    gunicorn_umask: Annotated[str, pattern("octal", r"0o?[0-7]{1,4}", "is not a mask in octal such as 0o007")] = (
        setting("0o007", "Mask for the mode of a unix socket: the proxy's user must be of its group")
    )
    gunicorn_limit_request_line: Annotated[int, Number] = setting(
        8190, "Longest request line; above the 8,000 of the proxy, which answers first", unit="bytes"
    )
    gunicorn_limit_request_fields: Annotated[int, Number] = setting(
        8000,
        "Most header fields in a request: as many as fit into the 32,000 bytes of the proxy, which answers first",
    )
    gunicorn_limit_request_field_size: Annotated[int, Number] = setting(
        8190, "Longest header field; above the 8,000 of the proxy", unit="bytes"
    )
    gunicorn_forwarded_allow_ips: str = setting(
        "127.0.0.1,::1", "Addresses of proxies whose X-Forwarded-Proto is believed, comma-separated"
    )
    gunicorn_forwarder_headers: Annotated[
        str, pattern("names, with commas", r"[A-Za-z0-9_-]+( *, *[A-Za-z0-9_-]+)*", "is no list of names such as A,B")
    ] = setting("", "Headers that may set WSGI variables such as SCRIPT_NAME", shown="none")
    gunicorn_control_socket_disable: bool = setting(
        True, "No socket through which another process could steer Gunicorn"
    )
    gunicorn_accesslog: Annotated[str, Kind("file", parse_log_file)] | None = setting(
        None,
        "File of Gunicorn's own access log, - for standard output; none, the application writes a line per request",
        shown="none",
    )
    gunicorn_loglevel: str = setting("", "Level of Gunicorn's log", shown="LOG_LEVEL")

    @field_validator("*")
    @classmethod
    def gunicorn_takes_it(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        if name.startswith(PREFIX):
            from gunicorn.config import make_settings  # type: ignore[import-untyped]  # noqa: PLC0415

            setting_of_gunicorn = name.removeprefix(PREFIX)
            try:
                make_settings()[setting_of_gunicorn].set(str(value) if isinstance(value, Path) else value)
            except (ValueError, TypeError) as error:
                reason = " ".join(str(error).split())
                raise WrongValueError(f"is not a value for Gunicorn's {setting_of_gunicorn} ({reason})") from None
        return value

    @field_validator("gunicorn_loglevel")
    @classmethod
    def is_a_level(cls, value: str) -> str:
        return parse_level(value).lower()
