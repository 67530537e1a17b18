"""Secrets: from files as Docker and Kubernetes mount them, and never in a message."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conduit.config import Settings
from hotroute.serving.stack import dev_environment
from hotroute.settings import SettingError
from hotroute.settings.errors import mask

GOOD = {"SECRET_KEY": "x" * 32, "PROFILER_PASSWORD": "y" * 12}


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    (tmp_path / "url").write_text("postgresql://me:word@host/app\n")
    environ = {"SECRET_KEY_FILE": str(tmp_path / "key"), "DATABASE_URL_FILE": str(tmp_path / "url")}
    chosen = Settings.read({"PROFILER_PASSWORD": "y" * 12, **environ})
    assert chosen.secret_key.get_secret_value() == "k" * 40
    assert chosen.database == "postgresql+psycopg://me:word@host/app"


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "No such file"), (b"", "is empty"), (b"\n", "is empty"), (b"\xff" * 40, "UTF-8")]
)
def test_a_file_that_gives_no_secret_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=rf"^SECRET_KEY_FILE: '{re.escape(str(file))}' .*{problem}"):
        Settings.read({"PROFILER_PASSWORD": "y" * 12, "SECRET_KEY_FILE": str(file)})


def test_a_secret_and_its_file_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^SECRET_KEY_FILE: .* is set beside SECRET_KEY"):
        Settings.read(GOOD | {"SECRET_KEY_FILE": str(tmp_path)})


def test_a_secret_of_a_file_is_judged_as_any(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:s3cret!/b@host/0")
    with pytest.raises(SettingError, match=r"^REDIS_URL: ") as wrong:
        Settings.read(GOOD | {"REDIS_URL_FILE": str(tmp_path / "url")})
    assert "s3cret!" not in str(wrong.value)


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    assert Settings.read(GOOD | {"LOG_LEVEL_FILE": str(tmp_path)}).log_level == "INFO"


def test_development_makes_no_secret_that_a_file_gives(tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("SECRET_KEY_FILE", "PROFILER_PASSWORD_FILE", "REDIS_URL_FILE")}
    chosen = dev_environment.environment(files, tmp_path, print)
    assert {"SECRET_KEY", "PROFILER_PASSWORD", "REDIS_URL"} & chosen.keys() == set()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:p@ss:w/rd@host/app", "postgresql://***@host/app"),
        ("postgresql://app:word@host:port/app", "postgresql://***@host:***"),
        ("redis://:a/b", "redis://:***"),
        ("app:word@host", "***@host"),
        ("app:word", "app:***"),
        ("redis://word@host/0?password=word", "redis://***@host/0?***"),
        ("127.0.0.1:6379", "127.0.0.1:6379"),
        ("http://x", "http://x"),
        ("sqlite:///data/file.db", "sqlite:///data/file.db"),
    ],
)
def test_what_may_be_a_password_is_masked(url: str, shown: str) -> None:
    assert mask(url) == shown


@given(
    scheme=st.sampled_from(["redis://", "postgresql://", "amqp://", "", "redis:", "redis:/"]),
    user=st.sampled_from(["", "app"]),
    password=st.text(min_size=1, max_size=12).map(lambda text: f"s3cret{text}s3cret"),
    end=st.sampled_from(["@host/0", "@host:port/0", "@host:1", "", "/0"]),
)
def test_no_part_of_a_password_is_shown(scheme: str, user: str, password: str, end: str) -> None:
    # Behind the last @ is the host, whatever was meant.
    assume("@" not in password or end.startswith("@"))
    assert "s3cret" not in mask(f"{scheme}{user}:{password}{end}")
