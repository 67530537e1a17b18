"""Schemathesis fuzzes the running API from its own OpenAPI document, signed in, on each database.

PROVE_EXAMPLES is the number of examples for each operation: a few in `make test`, many in `make prove`, there with
a seed that is new each time.
"""

import json
import os
import re
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.api import PASSWORD
from tests.conduit.contract.conftest import published
from tests.conduit.fuzz.conftest import requests_seen
from tests.servers import PROGRAMS, Server, clean_environment

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "4"))
SEED = [] if "PROVE_EXAMPLES" in os.environ else ["--seed=1"]
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(300 + 20 * EXAMPLES)
def test_no_input_that_the_document_allows_or_forbids_breaks_the_api(server: Server, tmp_path: Path) -> None:
    token = register(server, "fuzzer")
    publish(server, register(server, "writer"))
    found = fuzz(server, token, tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    seen = requests_seen(server)
    assert [each for each in seen if each["status"] >= 500] == []
    assert reached(seen) == set(published().operations)


def fuzz(server: Server, token: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            PROGRAMS / "schemathesis",
            f"--config-file={CONFIG}",
            "run",
            f"http://127.0.0.1:{server.environ['APP_PORT']}/openapi.json",
            f"--max-examples={EXAMPLES}",
            *SEED,
        ],
        env={**clean_environment(), "FUZZ_TOKEN": token},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def reached(seen: list[dict[str, Any]]) -> set[str]:
    """The operations that got behind authentication and validation: to success, or to what is not there."""
    return {
        operation.id
        for operation in published().operations.values()
        for each in seen
        if each["method"] == operation.method
        and re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), each["path"], re.DOTALL)
        and each["status"] in {200, 201, 202, 204, 404}
    }


def register(server: Server, name: str) -> str:
    user = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    token: str = post(server, "/api/users", {"user": user})["user"]["token"]
    return token


def publish(server: Server, token: str) -> None:
    article = {"title": "Dragons", "description": "About it", "body": "All of it", "tagList": ["dragons"]}
    post(server, "/api/articles", {"article": article}, token)


def post(server: Server, path: str, payload: object, token: str | None = None) -> Any:
    connection = HTTPConnection("127.0.0.1", int(server.environ["APP_PORT"]), timeout=30)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
    connection.request("POST", path, json.dumps(payload), headers)
    answer = connection.getresponse()
    try:
        assert answer.status == 201
        return json.loads(answer.read())
    finally:
        connection.close()
