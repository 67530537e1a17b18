"""An application that is closed leaves neither a thread nor a descriptor, however many are made."""

import threading
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from conduit.app import create_app
from conduit.config import Settings
from hotroute.lifecycle import close
from tests.api import PASSWORD, Api


def used(settings: Settings) -> None:
    app = create_app(settings)
    assert Api(app).get("/articles").status_code == 200
    close(app)
    close(app)


@pytest.mark.usefixtures("app")
def test_closed_applications_leave_no_thread_and_no_descriptor(settings: Settings, tmp_path: Path) -> None:
    chosen = {"profiler_enabled": True, "profiler_password": SecretStr(PASSWORD), "data_dir": tmp_path}
    recorded = settings.model_copy(update=chosen)
    # The first opens what all of them share.
    used(recorded)
    threads, descriptors = set(threading.enumerate()), psutil.Process().num_fds()
    for _ in range(5):
        used(recorded)
    assert set(threading.enumerate()) <= threads
    assert psutil.Process().num_fds() <= descriptors
