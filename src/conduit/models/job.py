"""The engine's table of jobs, among Conduit's own."""

from conduit.models.base import Base
from hotroute.jobs.storage.table import add_jobs_table

jobs = add_jobs_table(Base.metadata)
