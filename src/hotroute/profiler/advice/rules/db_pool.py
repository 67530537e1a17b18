"""Threads that have to wait for a database connection, because there are fewer of these."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import many


def rule(evidence: Evidence) -> Iterator[Advice]:
    asks = any(route.split and route.split.statements for route in evidence.routes)
    pool = evidence.serving.pool
    if asks and pool is not None and pool < evidence.threads:
        yield advice(pool, evidence.threads, evidence)


def advice(pool: int, threads: int, evidence: Evidence) -> Advice:
    return Advice(
        kind="pool",
        severity="high" if evidence.scarce else "medium",
        title=f"{threads} threads share {many(pool, 'database connection')}",
        text=f"Each thread of a worker needs a connection of its own while it works, and the pool has {pool}: the"
        f" others wait, and fail after DATABASE_TIMEOUT.",
        do=f"Set DATABASE_POOL_SIZE to {threads}, or to 0, which follows the threads. In all they are workers x (size +"
        " 1), which has to fit into PostgreSQL's max_connections.",
        numbers={"pool": pool, "threads": threads, "recommended_pool_size": threads},
    )
