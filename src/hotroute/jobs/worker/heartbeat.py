"""The thread beside a running job: renews its lease, and interrupts it when it is cancelled or takes too long."""

import ctypes
import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from hotroute.jobs.worker.context import JobCancelledError, JobContext, JobTimeLimitError, LeaseLostError

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
"""A cancelled job notices within about this."""

GRACE_SECONDS = 2.0
"""A function that reports its progress ends by itself; one that does not is interrupted after this."""


class Heartbeat:
    """A context manager around a job's function, in the thread that runs it."""

    def __init__(self, context: JobContext, time_limit: float) -> None:
        self.context = context
        self.deadline = time.monotonic() + time_limit
        self.target = threading.get_ident()
        self.ended = threading.Event()
        self.guard = threading.Lock()
        self.thread = threading.Thread(target=self.run, name=f"job-heartbeat-{context.id}", daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_exception: object) -> None:
        # Under the lock: no interruption may arrive once the function has returned.
        with self.guard:
            self.ended.set()

    def run(self) -> None:
        while not self.ended.wait(BEAT_SECONDS):
            if (reason := self.find_interruption()) is not None:
                self.interrupt(reason)
                return

    def find_interruption(self) -> type[Exception] | None:
        if time.monotonic() > self.deadline:
            return JobTimeLimitError
        try:
            is_cancel_requested = self.context.store.renew(self.context.lease)
        except SQLAlchemyError as failure:
            # The lease holds for several beats more; a job does not end because its database was busy for a moment.
            log.warning("could not renew the lease of job %s: %s", self.context.id, failure)
            return None
        if is_cancel_requested is None:
            return LeaseLostError
        return JobCancelledError if is_cancel_requested else None

    def interrupt(self, reason: type[Exception]) -> None:
        """Raise `reason` in the job's thread, at its next bytecode; what waits in C is interrupted when it returns.

        Source: PyThreadState_SetAsyncExc in the C API's manual.
        """
        self.context.interruption = reason
        if self.ended.wait(GRACE_SECONDS):
            return
        with self.guard:
            if self.ended.is_set() or self.context.is_completed:
                return
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.target), ctypes.py_object(reason))
