"""Long work outside of requests: jobs on Celery or RQ, with an outbox, a status in the database and progress."""

from hotroute.jobs.context import JobCancelledError, JobContext, JobTimeLimitError, LeaseLostError
from hotroute.jobs.extension import Jobs
from hotroute.jobs.options import JobsOptions
from hotroute.jobs.outbox import IdempotencyKeyReusedError
from hotroute.jobs.table import add_jobs_table

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
