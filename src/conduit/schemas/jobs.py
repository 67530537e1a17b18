"""Jobs and what they make, as the API shows them."""

from typing import Any, Literal

from pydantic import BaseModel

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Progress(BaseModel):
    """How far a job is; `total` is 0 while nobody knows."""

    done: int
    total: int
    message: str


class Job(BaseModel):
    """A job. Poll it, or follow its `events`; it leads to its result with 303 once it has succeeded."""

    id: str
    kind: str
    state: State
    attempt: int
    progress: Progress
    createdAt: str  # noqa: N815
    startedAt: str | None  # noqa: N815
    finishedAt: str | None  # noqa: N815
    problem: dict[str, Any] | None


class JobResponse(BaseModel):
    """The status of a job."""

    job: Job


class LinkPreview(BaseModel):
    """What a linked page says of itself."""

    url: str
    title: str
    description: str
    image: str


class LinkPreviewsResponse(BaseModel):
    """The previews of an article's links, in their order."""

    previews: list[LinkPreview]
