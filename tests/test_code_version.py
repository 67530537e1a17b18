"""What other code stored is not served."""

import secrets
import sys
from pathlib import Path

import pytest

from hotroute import code_version
from hotroute.cache import RedisClient, RedisStore
from tests.cache.http.site import Site
from tests.cache.http.test_attacks import settle


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two files; its name is new each time, for Python remembers what it has found."""
    folder = tmp_path / f"package_{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "view.py").write_text("TEXT = 1")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return folder


def test_a_release_is_what_the_code_says(package: Path) -> None:
    first = code_version.of(package.name)
    (package / "view.pyc").write_text("TEXT = 2")
    assert code_version.of(package.name) == first
    (package / "view.py").write_text("TEXT = 2")
    second = code_version.of(package.name)
    (package / "view.py").rename(package / "other.py")
    assert len({first, second, code_version.of(package.name)}) == 3


def test_a_package_that_is_not_there_is_said() -> None:
    with pytest.raises(LookupError, match="no package nowhere_at_all"):
        code_version.of("nowhere_at_all")


def test_another_releases_entries_are_not_served_and_its_writes_are_seen(redis_url: str) -> None:
    link, space = RedisClient(redis_url, timeout=5), f"test:{secrets.token_hex(4)}:"
    old, new = (
        Site(store=RedisStore(link, space, name, mark_ttl=0.05)).page(lambda name=name: name, tags=("tag",)).start()
        for name in ("old", "new")
    )
    assert (settle(old).body, settle(new).body, old.get().hit) == (b"old", b"new", True)
    old.store.done(["tag"], "a writer")
    assert not new.get().hit
    link.reset_after_fork()
