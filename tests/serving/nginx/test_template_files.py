"""The package's templates of Nginx, and the project's that replace them."""

import os
import subprocess
from pathlib import Path

import pytest

from hotroute.serving import SettingError
from hotroute.serving.nginx.template_files import PACKAGED, PROJECT, eject, open_templates
from tests.servers import PROGRAMS, ROOT, clean_environment


def test_the_package_knows_no_path_of_the_example() -> None:
    assert not [path.name for path in PACKAGED.iterdir() if "/api" in path.read_text()]
    assert '"POST /api/users/login"' in (ROOT / "nginx" / "logins.conf.j2").read_text()


def test_a_template_of_the_project_replaces_that_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "logins.conf.j2").write_text('"POST /login" $client_network;')
    found = open_templates(tmp_path)
    assert found.get_template("logins.conf.j2").render() == '"POST /login" $client_network;'
    assert found.get_template("status.conf.j2").filename == str(PACKAGED / "status.conf.j2")


def test_a_project_needs_no_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_templates(PROJECT).get_template("logins.conf.j2").filename == str(PACKAGED / "logins.conf.j2")


def test_a_folder_that_was_chosen_and_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"NGINX_TEMPLATES: .*/nowhere is no folder"):
        open_templates(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["limits", "limits.conf.j2"])
def test_a_template_is_copied_to_the_project(tmp_path: Path, name: str) -> None:
    copy = eject(name, tmp_path / "nginx")
    assert copy == tmp_path / "nginx" / "limits.conf.j2"
    assert copy.read_text() == (PACKAGED / "limits.conf.j2").read_text()


def test_what_the_project_has_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "limits.conf.j2").write_text("mine")
    with pytest.raises(SettingError, match=r"limits\.conf\.j2 is there already"):
        eject("limits", tmp_path)
    assert (tmp_path / "limits.conf.j2").read_text() == "mine"


@pytest.mark.parametrize("name", ["nothing", "../templates/limits", ""])
def test_a_name_that_is_no_templates_is_refused_with_those_that_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match=r"there is no template .*; there are: .*limits, "):
        eject(name, tmp_path)


def test_the_command_copies_one_and_says_where(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAMS / "hotroute", "nginx", "--eject", "limits"],
        cwd=tmp_path,
        env={"PATH": os.defpath, **clean_environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "nginx/limits.conf.j2\n"
    assert (tmp_path / "nginx" / "limits.conf.j2").exists()
