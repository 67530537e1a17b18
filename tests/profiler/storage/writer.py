"""A worker process: `python -m tests.profiler.storage.writer URL NAME BATCHES SEED`; it says how many it has written.

Each batch is one of `batches`: whoever knows the seed knows what was measured.
"""

import sys
import time
from collections.abc import Iterator
from random import Random

from sqlalchemy.exc import SQLAlchemyError

from hotroute.profiler.model.records import Batch
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of
from tests.profiler.storage import START, pulse, requests

EACH = 40
"""Requests in a batch."""


def batches(seed: int) -> Iterator[Batch]:
    """Without end: two minutes of each second, of two routes, with latencies over five orders of magnitude."""
    random, second = Random(seed), 0
    while True:
        at = START + second % 120
        durations = [10 ** random.uniform(-5, 0) for _ in range(EACH)]
        asked = requests(durations[: EACH // 2], at=at) + requests(durations[EACH // 2 :], at=at, route="/b")
        yield batch_of(asked, pulses=[pulse(at)], counters={"invalidations": 1})
        second += 1


def main(url: str, name: str, count: int, seed: int) -> None:
    storage = Storage(url, release="r1", worker=name, host=name.split(":", maxsplit=1)[0], pid=1)
    storage.prepare()
    made = batches(seed)
    for number in range(count):
        write(storage, next(made), START + min(number, 119))
        print(number + 1, flush=True)
    storage.close()


def write(storage: Storage, batch: Batch, now: float) -> None:
    """Until it is written: another worker may have the database for long on a busy machine."""
    while True:
        try:
            storage.write(batch, now)
            storage.keep(now)
            return
        except SQLAlchemyError as error:
            print(f"again: {error}", file=sys.stderr, flush=True)
            time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
