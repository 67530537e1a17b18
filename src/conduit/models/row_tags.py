"""What a change to a row touches: the tags that hot routes depend on in place of tables
(`conduit.routes.cache_tags`)."""

from functools import cache
from typing import Any

from sqlalchemy.orm import object_session

from conduit.models.article import Article, Favorite
from conduit.models.comment import Comment
from conduit.models.user import Follow, User
from hotroute.cache.tracking.row_tags import RowTags

SHOWN = ("username", "bio", "image")
"""What articles and comments show of their authors."""


@cache
def install() -> RowTags:
    """Have every flush say its tags, from now on and once in a process; somebody must follow the engines then."""
    rows = RowTags()
    rows.register(Article, "slug", name="article")
    rows.register(Article, "slug", name="slug", of=("slug",))
    rows.register(Comment, slug_of, name="comments")
    rows.register(Favorite, "user_id", name="favorites-of")
    rows.register(Follow, "follower_id", name="follows-of")
    rows.register(User, "username", name="profile", of=SHOWN)
    rows.watch(User, *SHOWN, name="profiles")
    rows.watch(User, "articles_count", "favorites_count", name="counts")
    return rows


def slug_of(comment: Comment) -> Any:
    """Of the article, which every use case locks before it adds or deletes a comment."""
    session = object_session(comment)
    article = session.get(Article, comment.article_id) if session else None
    return article and article.slug
