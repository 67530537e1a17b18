"""The whole stack on one machine, from the Procfile: Redis, the release command, Gunicorn, Nginx."""

import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from hotroute.serving.nginx.dev_certificate import Certificate
from hotroute.serving.nginx.render import certificate_of
from hotroute.serving.stack import dev_environment, ports, probes
from hotroute.serving.stack.console import Console
from hotroute.serving.stack.supervisor import AskedToStopError, PartFailedError, Supervisor
from hotroute.settings import SettingError
from hotroute.settings.hosts import in_a_url
from hotroute.settings.proxy import ProxySettings
from hotroute.settings.serving import NEW_REDIS

FIRST, RELEASE = "redis", "release"
OWN_REDIS = "hotroute redis"
HOW_TO_STOP = {"proxy": signal.SIGQUIT}
"""Nginx finishes the requests in flight on QUIT, not on TERM (nginx.org, Controlling nginx)."""

READY_SECONDS = 60.0

COMMAND = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$", re.MULTILINE)
"""A line of a Procfile; comments and empty lines are none."""


class NotReadyError(Exception):
    """Every part runs, but the stack does not answer."""


def up(environ: Mapping[str, str], root: Path) -> int:
    """Run the stack until a signal stops it (0) or a part fails (1).

    Raises:
        SettingError: a setting cannot be used, or a port is taken; nothing was started.
    """
    commands = procfile(root)
    screen = Console([*commands])
    chosen = dev_environment.environment(environ, root, screen.print)
    settings = ProxySettings.read(chosen)
    ports.check(chosen)
    chosen[NEW_REDIS] = new_redis(chosen, commands)
    certificate = certificate_of(settings)
    try:
        with Supervisor(chosen, root, screen.print_line, HOW_TO_STOP) as supervisor:
            start(supervisor, commands, certificate)
            screen.print(banner(settings, certificate, password(chosen)))
            supervisor.wait(lambda: False)
    except AskedToStopError:
        screen.print("Everything has stopped.")
        return 0
    except (PartFailedError, NotReadyError) as failure:
        screen.print("\n".join(["", *getattr(failure, "last_lines", []), f"{failure}; everything was stopped."]))
    return 1


def procfile(root: Path) -> dict[str, str]:
    """The commands by name, in the order of the file.

    Raises:
        SettingError: there is no Procfile, so this is not the project's folder.
    """
    file = root / "Procfile"
    if not file.exists():
        raise SettingError(f"There is no Procfile in {root}. Run this in the project's folder")
    return dict(COMMAND.findall(file.read_text()))


def new_redis(environ: Mapping[str, str], commands: Mapping[str, str]) -> str:
    """Return "true" if the application's Redis is the one that this stack starts, and empty text otherwise.

    Its port is free: at that address, no earlier Redis can be reached any more.
    """
    own = commands.get(FIRST) == OWN_REDIS and environ.get("REDIS_URL") == dev_environment.redis_url(environ)
    return "true" if own else ""


def start(supervisor: Supervisor, commands: Mapping[str, str], certificate: Certificate) -> None:
    """Redis first, then the release command to its end, then the rest; returns when the stack answers."""
    environ = supervisor.environ
    if FIRST in commands:
        supervisor.start(FIRST, commands[FIRST])
        wait(supervisor, lambda: probes.redis_answer(environ))
    if RELEASE in commands:
        supervisor.run(RELEASE, commands[RELEASE])
    for name in [name for name in commands if name not in {FIRST, RELEASE}]:
        supervisor.start(name, commands[name])
    # Asked in this order, so that Nginx has no failure to report while the application is imported.
    wait(supervisor, lambda: probes.application_answer(environ))
    wait(supervisor, lambda: probes.stack_answer(environ, certificate.chain))


def wait(supervisor: Supervisor, problem: Callable[[], str]) -> None:
    """Wait until there is no problem any more.

    Raises:
        NotReadyError: there still is one after `READY_SECONDS`.
    """
    if not supervisor.wait(lambda: not problem(), READY_SECONDS):
        raise NotReadyError(f"Not ready after {READY_SECONDS:.0f} s: {problem()}")


def banner(settings: ProxySettings, certificate: Certificate, password: str) -> str:
    site = f"https://{in_a_url(settings.server_names[0])}:{settings.https_port}"
    lines = (
        "",
        "Hotroute is running.",
        f"  API      {site}/api (its paths are in the docs)",
        f"  docs     {site}/docs/",
        f"  profiler {site}/profiler/{password}",
        f"  health   {site}/readyz",
        f"  data     {settings.data_dir}",
        f"  trust    {certificate.authority} (the certificate's authority, for browsers and curl --cacert)",
        "  CTRL-C stops everything.",
        "",
    )
    return "\n".join(lines)


def password(environ: Mapping[str, str]) -> str:
    """What a developer needs to log in; in production that is nobody's to print."""
    if environ.get("APP_ENV") != "development" or environ.get("PROFILER_PASSWORD_FILE"):
        return ""
    return f" ({environ.get('PROFILER_USERNAME') or 'admin'}, {environ.get('PROFILER_PASSWORD', '')})"
