"""The Dockerfile and the Compose files, checked without building anything."""

import json
import os
import re
import subprocess
import tomllib
from typing import Any

import pytest

from tests.servers import PROGRAMS, ROOT

FILES = ("compose.yaml", "compose.production.yaml")
GIVEN = {"RELEASE": "1.0.0", "SERVER_NAMES": "api.example.org"}
STAGES = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
RUNNING = ("development", "nginx", "application")
SECRET = re.compile(r"password|secret|_key|database_url", re.IGNORECASE)


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    program = str(PROGRAMS / command[0])
    environ = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def compose(file: str) -> dict[str, Any]:
    found = run("docker-compose", "-f", file, "--profile", "*", "config", "--format", "json", **GIVEN)
    assert found.returncode == 0, found.stderr
    return dict(json.loads(found.stdout))


def stage(name: str) -> str:
    return next(text for text in STAGES if text.splitlines()[0].endswith(f" AS {name}"))


def test_hadolint_finds_nothing() -> None:
    found = run("hadolint", "--failure-threshold", "style", "Dockerfile")
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_is_an_ordinary_user_and_in_exec_form(name: str) -> None:
    text = stage(name)
    assert "\nUSER 10001:10001\n" in text
    assert re.search(r'^CMD \["', text, re.MULTILINE)
    assert re.search(r'^HEALTHCHECK .*CMD \["hotroute", "health"', text, re.MULTILINE)
    assert not re.search(r"^RUN ", text, re.MULTILINE), "nothing is installed in a stage that runs"


def test_only_named_files_get_into_the_image() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert "**/.env" in lines
    assert not {"!.env", "!instance", "!.git", "!secrets"} & set(lines)


def test_compose_lint_finds_nothing() -> None:
    found = run("compose-lint", "compose.production.yaml", **GIVEN)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("file", FILES)
def test_compose_reads_the_file_with_every_profile(file: str) -> None:
    assert {"app", "redis", "postgres", "jobs-redis"} <= set(compose(file)["services"])


def test_production_refuses_to_start_without_a_release_and_names() -> None:
    for missing in GIVEN:
        given = {name: value for name, value in GIVEN.items() if name != missing}
        found = run("docker-compose", "-f", "compose.production.yaml", "config", "--quiet", **given)
        assert found.returncode != 0
        assert missing in found.stderr


def test_production_has_secrets_as_files_only() -> None:
    for name, service in compose("compose.production.yaml")["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) and not variable.startswith("TLS_"):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in [each["source"] for each in service["secrets"]]


def test_everything_in_production_is_read_only_limited_and_without_capabilities() -> None:
    for name, service in compose("compose.production.yaml")["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["user"].split(":")[0] != "0", name
        assert int(service["mem_limit"]) > 0, name


def test_only_nginx_is_reached_from_outside() -> None:
    services = compose("compose.production.yaml")["services"]
    assert [name for name, service in services.items() if service.get("ports")] == ["nginx"]


@pytest.mark.parametrize("file", FILES)
def test_our_commands_are_those_of_the_package(file: str) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    services = compose(file)["services"]
    commands = {
        name: service["command"][0] for name, service in services.items() if "build" in service and service["command"]
    }
    assert set(commands.values()) <= {*scripts, "python", "gunicorn", "sh"}, commands
