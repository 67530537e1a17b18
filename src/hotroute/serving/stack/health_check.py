"""Whether a server of this machine or container answers: `hotroute health`, which images name as their HEALTHCHECK."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from hotroute.serving.stack.probes import EVERYWHERE, connect
from hotroute.settings.hosts import in_a_url
from hotroute.settings.proxy import ProxySettings
from hotroute.settings.serving import ServingSettings

PARTS = ("app", "nginx", "stream")


def check_health(environ: Mapping[str, str], part: str) -> str:
    """Return why the server `part` is not healthy, or an empty text.

    The application must answer 200 at /healthz. Nginx is asked on its plain port, and the stream for any page: an
    answer below 500 shows that they live, whatever becomes of the application behind them.
    """
    where = reachable(find_address(environ, part))
    try:
        status = ask_status(where, find_host(environ, part))
    except (OSError, HTTPException) as error:
        return f"{part} does not answer on {where} ({error})"
    is_healthy = status == 200 if part == "app" else status < 500
    return "" if is_healthy else f"{part} answers {status} on {where}"


def find_address(environ: Mapping[str, str], part: str) -> str:
    settings = ServingSettings.read(environ)
    if part == "nginx":
        return settings.endpoint("HTTP_PORT")
    if part == "stream":
        return settings.jobs_stream_bind or settings.endpoint("JOBS_STREAM_PORT")
    return settings.own_application()


def reachable(where: str) -> str:
    """Return the address of a client's connection: one that listens everywhere is asked on the loopback address."""
    host, colon, number = where.rpartition(":")
    local = EVERYWHERE.get(host.strip("[]"), "")
    return f"{f'[{local}]' if ':' in local else local}{colon}{number}" if local else where


def find_host(environ: Mapping[str, str], part: str) -> str:
    """Return the host to ask for: Nginx closes the connection of who asks for a name that it does not serve."""
    if part != "nginx":
        return "localhost"
    return in_a_url(ProxySettings.read(environ).server_names[0].replace("*", "www"))


def ask_status(where: str, host: str) -> int:
    connection = HTTPConnection("localhost")
    connection.sock = connect(where)
    try:
        connection.request("GET", "/healthz", headers={"Host": host, "Connection": "close"})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
