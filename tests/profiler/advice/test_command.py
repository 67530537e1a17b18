"""`hotroute advise`, for people and for programs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from hotroute import profiler
from hotroute.profiler.advice import location
from hotroute.profiler.advice.command import CannotAdvise, run
from hotroute.profiler.advice.output import plain
from hotroute.profiler.advice.recommendation import Advice
from hotroute.serving import SettingError
from tests.profiler.advice.recorded import record, request, url
from tests.servers import PROGRAMS, clean_environment


def advise(*options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAMS / "hotroute"), "advise", *options]
    complete = {**clean_environment(), **environ}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=complete, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    now = time.time()
    record(tmp_path, [request(now - 400 + number, "/often") for number in range(300)])
    return tmp_path


def test_it_says_what_to_do_and_succeeds(folder: Path) -> None:
    done = advise(DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    assert "GET /often is read 300 times and never written: mark it @hot" in done.stdout
    assert "> Mark it @hot" in done.stdout


def test_programs_get_json_with_names_that_stay(folder: Path) -> None:
    document = json.loads(advise("--json", PROFILER_URL=url(folder)).stdout)
    assert set(document) == {"schema", "span", "serving", "advice"}
    assert document["schema"] == 1
    assert document["span"]["end"] - document["span"]["start"] == 24 * 3600
    names = {"kind", "severity", "method", "route", "title", "text", "do", "gain_seconds", "numbers"}
    assert all(set(each) == names for each in document["advice"])
    (hot,) = [each for each in document["advice"] if each["kind"] == "hot"]
    assert (hot["method"], hot["route"], hot["numbers"]["reads"]) == ("GET", "/often", 300)


def test_it_looks_as_far_back_as_it_is_told(folder: Path) -> None:
    done = advise("--span", "20s", DATA_DIR=str(folder))
    assert done.returncode == 0
    assert "Little was measured" in done.stdout


def test_it_looks_at_the_release_that_it_is_told(folder: Path) -> None:
    assert "@hot" in advise("--release", "1", DATA_DIR=str(folder)).stdout
    unknown = advise("--release", "2", DATA_DIR=str(folder))
    assert unknown.returncode == 1
    assert "of the release '2'; the newest that are known: 1" in unknown.stderr


def test_without_a_storage_it_says_where_it_looked_and_makes_none(tmp_path: Path) -> None:
    done = advise(DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert str(tmp_path / "profiler.db") in done.stderr
    assert "nothing has been recorded" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        (["--span", "soon"], {}, "--span: 'soon'"),
        (["--span", "0h"], {}, "--span: '0h'"),
        ([], {"PROFILER_URL": "nonsense"}, "PROFILER_URL: 'nonsense' is no URL"),
        ([], {"PROFILER_URL": "postgresql://u:password-of-mine@127.0.0.1:1/x"}, "storage cannot be read"),
        ([], {"GUNICORN_THREADS": "many"}, "GUNICORN_THREADS"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_without_a_password(
    options: list[str], environ: dict[str, str], said: str, folder: Path
) -> None:
    done = advise(*options, **{"PROFILER_URL": url(folder), **environ})
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "password-of-mine" not in done.stderr


def test_a_file_that_is_no_storage_is_told(tmp_path: Path) -> None:
    (tmp_path / "profiler.db").write_bytes(b"not a database " * 100)
    assert "the profiler's storage cannot be read" in advise(DATA_DIR=str(tmp_path)).stderr


def test_a_terminal_obeys_no_name_of_a_route() -> None:
    assert plain("GET /\x1b[2J\u202e") == "GET /\ufffd[2J\ufffd"


def test_the_storage_is_where_the_application_has_it() -> None:
    assert location.storage_url({"DATA_DIR": "/data"}) == "sqlite:////data/profiler.db"
    assert location.storage_url({"PROFILER_URL": "postgres://h/n"}) == "postgresql+psycopg://h/n"
    with pytest.raises(SettingError):
        location.last("1y", 0.0)
    assert location.last("2w", 1e9).seconds == 14 * 86400


def test_advice_is_a_value() -> None:
    """A page may keep what it got: nothing changes it."""
    with pytest.raises(AttributeError):
        Advice("data", "low", "", "", "").title = "other"  # type: ignore[misc]


def test_an_application_says_where_its_records_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("measured")
    profiler.init_app(app, profiler.Options(url=f"sqlite:///{tmp_path / 'mine.db'}", password="of a test"))
    monkeypatch.setattr(sys.modules[__name__], "measured", app, raising=False)
    with pytest.raises(CannotAdvise, match=r"mine\.db"):
        run({}, "24h", "", as_json=False, app=f"{__name__}:measured")
    monkeypatch.setattr(sys.modules[__name__], "measured", Flask("other"))
    with pytest.raises(CannotAdvise, match=r"call hotroute\.profiler\.init_app"):
        run({}, "24h", "", as_json=False, app=f"{__name__}:measured")
