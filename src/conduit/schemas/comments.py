"""Comments."""

from datetime import datetime

from conduit.schemas.base import Remark
from conduit.schemas.users import Profile
from hotroute.api.fields import Schema, example


class NewComment(Schema):
    body: Remark


class NewCommentRequest(Schema):
    model_config = example({"comment": {"body": "Thank you!"}})

    comment: NewComment


class Comment(Schema):
    id: int
    createdAt: datetime  # noqa: N815
    updatedAt: datetime  # noqa: N815
    body: str
    author: Profile


class SingleCommentResponse(Schema):
    comment: Comment


class MultipleCommentsResponse(Schema):
    comments: list[Comment]
