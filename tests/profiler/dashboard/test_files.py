"""The dashboard's files: what is vendored is what was published, and Nginx gets all of them."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hotroute.profiler.dashboard.blueprint import assets
from hotroute.serving.nginx.static_build import build
from tests.servers import ROOT

pytestmark = pytest.mark.unit

VENDOR = assets.root / "vendor"
VENDORED: list[dict[str, Any]] = json.loads((VENDOR / "VENDORED.json").read_text())


@pytest.mark.parametrize("package", VENDORED, ids=lambda package: package["package"])
def test_a_vendored_file_is_the_one_that_was_published(package: dict[str, Any]) -> None:
    found = {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name in package["files"]}
    assert found == package["files"]
    assert package["integrity"].startswith("sha512-")
    assert package["version"][0].isdigit()


@pytest.mark.parametrize("package", VENDORED, ids=lambda package: package["package"])
def test_its_licence_lies_beside_it(package: dict[str, Any]) -> None:
    [licence] = [name for name in package["files"] if name.endswith("LICENSE")]
    words = {"MIT": "The MIT License", "0BSD": "Zero-Clause BSD"}[package["licence"]]
    assert words in (VENDOR / licence).read_text()


def test_no_vendored_file_is_without_its_hash() -> None:
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present - {"VENDORED.json"} == {name for package in VENDORED for name in package["files"]}


def test_a_deployment_builds_them_for_nginx(tmp_path: Path) -> None:
    release = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("release:"))
    [source] = [word for word in release.split() if word.startswith("hotroute.profiler")]
    assert build(source, tmp_path) == len(assets.files())
    assert (tmp_path / "identity" / assets.url("dashboard.css").lstrip("/")).is_file()
