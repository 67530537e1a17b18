"""The proxy on real sockets, each test once with every build of Nginx."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import nginxes, servers
from tests.serving.conftest import APP
from tests.serving.nginx.sockets import Authority
from tests.serving.nginx.users import ordinary_folder

HERE = Path(__file__).parent


@pytest.fixture(scope="session", params=nginxes.builds())
def program(request: pytest.FixtureRequest) -> Path:
    """An Nginx: the wheel's, then Debian's."""
    return nginxes.program(request.param)


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the application notes each POST that it executes."""
    file = tmp_path_factory.mktemp("app") / "notes"
    file.touch()
    return file


@pytest.fixture(scope="session")
def gunicorn(notes: Path) -> Iterator[servers.Server]:
    """Gunicorn with two workers and the test's application."""
    with servers.gunicorn_server(APP, {"NOTES": str(notes)}) as running:
        yield running


@pytest.fixture(scope="session")
def app_port(gunicorn: servers.Server) -> int:
    return int(gunicorn.environ["APP_PORT"])


@pytest.fixture(scope="module")
def nginx(program: Path, app_port: int) -> Iterator[servers.Proxy]:
    """Nginx in front of `gunicorn`, as in development."""
    with servers.nginx_server(app_port, {"NGINX_PROGRAM": str(program)}) as running:
        yield running


@pytest.fixture(scope="module")
def lonely(program: Path) -> Iterator[servers.Proxy]:
    """Nginx with no application behind it."""
    with servers.nginx_server(servers.free_port(), {"NGINX_PROGRAM": str(program)}) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def ordinary() -> Iterator[Path]:
    """A folder that Nginx's workers may use, whoever starts it."""
    with ordinary_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def production(program: Path, app_port: int, authority: Authority, ordinary: Path) -> Iterator[servers.Proxy]:
    """Nginx in front of `gunicorn` as in production, where names are the only way in."""
    chosen = {
        "DATA_DIR": str(ordinary),
        "APP_ENV": "production",
        "NGINX_PROGRAM": str(program),
        "SERVER_NAMES": "api.example.org, *.example.net",
        **authority.certificate(ordinary, "api.example.org", "*.example.net"),
    }
    with servers.nginx_server(app_port, chosen, authority.trust()) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have `make test` ask the first of the Nginxes only."""
    for item in items:
        if item.path.is_relative_to(HERE) and "program" in getattr(getattr(item, "callspec", None), "indices", {}):
            item.add_marker(pytest.mark.matrix("program"))
