"""Articles: lists, the feed, one; publishing, changing and deleting."""

from typing import Any

from flask import Blueprint

from conduit.database import reading
from conduit.extensions import db
from conduit.repositories import articles as stored
from conduit.routes import cache_tags, serializers
from conduit.schemas.articles import (
    ArticlesQuery,
    MultipleArticlesResponse,
    NewArticleRequest,
    SingleArticleResponse,
    UpdateArticleRequest,
)
from conduit.services import articles
from hotroute.api.fields import PageQuery
from hotroute.api.operations import operation
from hotroute.cache import hot

blueprint = Blueprint("articles", __name__)
TAG = "Articles"


@blueprint.get("/articles")
@hot(share="per-caller", query=("tag", "author", "favorited", "limit", "offset"), tags=cache_tags.LISTS)
@operation("GetArticles", tag=TAG, access="optional", query=ArticlesQuery, response=MultipleArticlesResponse)
def find(query: ArticlesQuery, viewer: int | None) -> dict[str, Any]:
    """Articles, newest first, of a tag, of an author, or favoured by a user."""
    given = {"tag": query.tag, "author": query.author, "favorited": query.favorited}
    filters = {name: value for name, value in given.items() if value is not None}
    with reading() as connection:
        return listed(stored.find_page(connection, filters, viewer, query.limit, query.offset))


@blueprint.get("/articles/feed")
@operation("GetArticlesFeed", tag=TAG, query=PageQuery, response=MultipleArticlesResponse)
def find_feed(query: PageQuery, viewer: int) -> dict[str, Any]:
    """Articles of the users one follows, newest first."""
    with reading() as connection:
        return listed(stored.find_feed(connection, viewer, query.limit, query.offset))


@blueprint.post("/articles")
@operation("CreateArticle", tag=TAG, body=NewArticleRequest, response=SingleArticleResponse, status=201)
def publish(body: NewArticleRequest, viewer: int) -> dict[str, Any]:
    """Publish an article."""
    return {"article": serializers.article(articles.publish(db.session, viewer, body.article))}


@blueprint.get("/articles/<slug>")
@hot(share="per-caller", tags=cache_tags.ARTICLE)
@operation("GetArticle", tag=TAG, access="optional", response=SingleArticleResponse)
def get(slug: str, viewer: int | None) -> dict[str, Any]:
    """An article with its body."""
    with reading() as connection:
        return {"article": serializers.article(stored.get(connection, slug, viewer))}


@blueprint.put("/articles/<slug>")
@operation("UpdateArticle", tag=TAG, body=UpdateArticleRequest, response=SingleArticleResponse, errors=(403,))
def change(slug: str, body: UpdateArticleRequest, viewer: int) -> dict[str, Any]:
    """Change one's own article; a new title brings a new slug."""
    return {"article": serializers.article(articles.change(db.session, viewer, slug, body.article))}


@blueprint.delete("/articles/<slug>")
@operation("DeleteArticle", tag=TAG, status=204, errors=(403,))
def delete(slug: str, viewer: int) -> None:
    """Delete one's own article, with its comments and favourites."""
    articles.delete(db.session, viewer, slug)


def listed(page: stored.Page) -> dict[str, Any]:
    return {"articles": [serializers.summary(row) for row in page.rows], "articlesCount": page.total}
