"""The tables: SQLAlchemy entities, with the counters that keep lists cheap."""

from conduit.models.article import Article, ArticleTag, Counter, Favorite, Tag
from conduit.models.base import Base
from conduit.models.comment import Comment
from conduit.models.job import jobs
from conduit.models.link_preview import LinkPreview
from conduit.models.user import Follow, User

__all__ = [
    "Article",
    "ArticleTag",
    "Base",
    "Comment",
    "Counter",
    "Favorite",
    "Follow",
    "LinkPreview",
    "Tag",
    "User",
    "jobs",
]
