"""Server-Sent Events pass the proxy one by one, without a header of the view's, however long they are silent."""

import time
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path

from tests.servers import nginx_server
from tests.serving.nginx.test_errors import changed


def test_events_pass_at_once_and_outlive_a_silence(program: Path, app_port: int, tmp_path: Path) -> None:
    templates = changed(tmp_path / "nginx", {"proxy_read_timeout 30s": "proxy_read_timeout 1s"})
    go_on = tmp_path / "go-on"
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), "NGINX_TEMPLATES": str(templates)}) as proxy:
        client = HTTPSConnection("localhost", proxy.https_port, context=proxy.trust, timeout=10)
        with closing(client):
            client.request("GET", f"/api/a%25b%3Fc?{go_on}", headers={"Accept": "text/event-stream"})
            with client.getresponse() as response:
                assert response.status == 200
                assert response.readline() == b"data: first\n"
                # Longer than the proxy waits for another answer.
                time.sleep(2)
                go_on.touch()
                assert response.read() == b"\ndata: second\n\n"
