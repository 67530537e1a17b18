"""Long work outside of requests: jobs on Celery or RQ, with an outbox, a status in the database and progress."""

from hotroute.jobs.extension import Jobs
from hotroute.jobs.options import JobsOptions
from hotroute.jobs.storage.outbox import IdempotencyKeyReusedError
from hotroute.jobs.storage.table import add_jobs_table
from hotroute.jobs.worker.context import JobCancelledError, JobContext, JobTimeLimitError, LeaseLostError

__all__ = [
    "IdempotencyKeyReusedError",
    "JobCancelledError",
    "JobContext",
    "JobTimeLimitError",
    "Jobs",
    "JobsOptions",
    "LeaseLostError",
    "add_jobs_table",
]
