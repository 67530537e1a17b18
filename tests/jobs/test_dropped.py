"""A publisher that nobody holds is not kept for forks."""

import gc
from typing import Any, cast
from weakref import ref

import pytest

from hotroute.jobs.publisher import Publisher

pytestmark = pytest.mark.unit


def test_a_publisher_that_is_dropped_ends() -> None:
    publisher = Publisher(cast(Any, None), cast(Any, None))
    held = ref(publisher)
    del publisher
    gc.collect()
    assert held() is None
