"""Whether a server of this machine or container answers: `hotroute health`, which images name as their HEALTHCHECK."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from hotroute.serving.nginx.settings import in_a_url, own_application, server_names
from hotroute.serving.settings.env import addresses, endpoint, port
from hotroute.serving.stack.probes import EVERYWHERE, connect

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
    if part == "nginx":
        host = addresses(environ, "HTTP_PORT")[0]
        return f"{f'[{host}]' if ':' in host else host}:{port(environ, 'HTTP_PORT')}"
    if part == "stream":
        return environ.get("JOBS_STREAM_BIND") or endpoint(environ, "JOBS_STREAM_PORT")
    return own_application(environ)


def reachable(where: str) -> str:
    """Return the address of a client's connection: one that listens everywhere is asked on the loopback address."""
    host, colon, number = where.rpartition(":")
    local = EVERYWHERE.get(host.strip("[]"), "")
    return f"{f'[{local}]' if ':' in local else local}{colon}{number}" if local else where


def find_host(environ: Mapping[str, str], part: str) -> str:
    """Return the host to ask for: Nginx closes the connection of who asks for a name that it does not serve."""
    return in_a_url(server_names(environ)[0].replace("*", "www")) if part == "nginx" else "localhost"


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
