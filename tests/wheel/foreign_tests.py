"""The foreign application's own tests, with the pytest plugin of the wheel."""

import pytest
from foreign_app import User, create_app, db

from hotroute.lifecycle import close
from hotroute.testing import assert_hit


@pytest.fixture
def app():
    app = create_app()
    yield app
    close(app)


def test_users_are_hot_and_never_stale(app, hot_cache):
    client = app.test_client()
    client.get("/users")
    assert_hit(client.get("/users"))
    with app.app_context():
        db.session.add(User(name="anna"))
        db.session.commit()
    assert "anna" in client.get("/users").json


def test_the_application_is_ready_and_profiled(app):
    client = app.test_client()
    assert client.get("/readyz").json["checks"] == {"database": "ok", "cache": "ok"}
    assert client.get("/profiler/").status_code == 401
