"""`hotroute explain` finds an application that a factory makes, and says what to do about a certificate."""

import ssl
from collections.abc import Iterator
from threading import Thread

import pytest
import trustme
from flask import Flask
from werkzeug.serving import make_server

from hotroute.cache.cli import explain
from tests.servers import free_port

made = Flask("made")


def create_app() -> Flask:
    return made


@pytest.mark.parametrize("name", ["create_app", "create_app()", "made"])
def test_a_factory_is_called(name: str) -> None:
    assert explain.load(f"{__name__}:{name}") is made


@pytest.fixture
def https_port() -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server = make_server("127.0.0.1", free_port(), made, threaded=True, ssl_context=context)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_certificate_that_is_not_trusted_is_named(https_port: int) -> None:
    with pytest.raises(explain.CannotExplain, match=r"certificate of localhost.* is not trusted .*--ca"):
        list(explain.report(f"https://localhost:{https_port}/", {}))
