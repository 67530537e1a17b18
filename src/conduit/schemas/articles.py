"""Articles, lists of them, and tags. Fields have the names of the API's JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from conduit.schemas.base import Body, Summary, Tag, Title
from conduit.schemas.users import Profile
from hotroute.api.fields import Nul, PageQuery, Schema, WithoutNul, example

Filter = Annotated[str, StringConstraints(max_length=255), Nul, WithoutNul]
Tags = Annotated[list[Tag], Field(max_length=50)]


class NewArticle(Schema):
    title: Title
    description: Summary
    body: Body
    tagList: Tags = []  # noqa: N815, RUF012


class ArticleChanges(Schema):
    title: Title = ""
    description: Summary = ""
    body: Body = ""
    tagList: Tags = []  # noqa: N815, RUF012


class NewArticleRequest(Schema):
    model_config = example(
        {
            "article": {
                "title": "How to train your dragon",
                "description": "Ever wondered how?",
                "body": "With patience, and **fish**.",
                "tagList": ["dragons", "training"],
            }
        }
    )

    article: NewArticle


class UpdateArticleRequest(Schema):
    model_config = example({"article": {"body": "With two hands."}})

    article: ArticleChanges


class ArticlesQuery(PageQuery):
    """Filters that are given must all hold; `author` and `favorited` are usernames."""

    tag: Filter | None = None
    author: Filter | None = None
    favorited: Filter | None = None


class Summarized(Schema):
    """An article in a list, without its body."""

    slug: str
    title: str
    description: str
    tagList: list[str]  # noqa: N815
    createdAt: datetime  # noqa: N815
    updatedAt: datetime  # noqa: N815
    favorited: bool
    favoritesCount: int  # noqa: N815
    author: Profile


class Article(Summarized):
    body: str


class SingleArticleResponse(Schema):
    article: Article


class MultipleArticlesResponse(Schema):
    articles: list[Summarized]
    articlesCount: int  # noqa: N815


class TagsResponse(Schema):
    tags: list[str]
