"""What is generated from the definitions is current, and has each of them."""

import re
from pathlib import Path

import pytest

from conduit.config import Settings
from hotroute.settings import document
from hotroute.settings.base import HotrouteSettings
from hotroute.settings.proxy import ProxySettings
from tests.servers import ROOT

CLASSES = (Settings, ProxySettings)


def test_the_documents_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert document.stale(document.documents(Settings)) == [], "run: make settings"


def test_a_file_that_is_missing_or_another_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documents = document.documents(Settings)
    (tmp_path / ".env.example").write_text("HTTP_PORT=1\n")
    assert document.stale(documents) == list(documents)


@pytest.mark.parametrize("settings", CLASSES)
def test_every_setting_is_defined_once_and_described(settings: type[HotrouteSettings]) -> None:
    rows = [row for _, rows in document.sections(*CLASSES) for row in rows]
    assert len({row.variable for row in rows}) == len(rows)
    assert [row.variable for row in rows if not row.description or not row.kind] == []
    assert {str(field.validation_alias or name).upper() for name, field in settings.model_fields.items()} <= {
        row.variable for row in rows
    }


def test_the_example_has_no_secret_and_sets_nothing_but_what_is_required() -> None:
    text = document.env_example(*CLASSES)
    assert re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE) == [("SECRET_KEY", "")]
    assert max(map(len, text.splitlines())) <= 120


def test_an_uncommented_example_is_what_is_the_default(tmp_path: Path) -> None:
    lines = re.findall(r"^#?([A-Z_]+)=(.*)$", document.env_example(*CLASSES), re.MULTILINE)
    needed = {"SECRET_KEY": "x" * 32, "PROFILER_PASSWORD": "y" * 12, "SERVER_NAMES": "a.example"}
    given = dict(lines) | needed
    assert Settings.read(given) == Settings.read(needed)
    assert ProxySettings.read(given) == ProxySettings.read(needed)
