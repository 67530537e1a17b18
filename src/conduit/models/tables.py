"""The same tables for reading: statements on these give plain rows and pass by the ORM, at a fifth of its cost."""

from typing import cast

from sqlalchemy import Table

from conduit.models.article import Article, ArticleTag, Counter, Favorite, Tag
from conduit.models.comment import Comment
from conduit.models.link_preview import LinkPreview
from conduit.models.user import Follow, User

articles = cast(Table, Article.__table__)
article_tags = cast(Table, ArticleTag.__table__)
comments = cast(Table, Comment.__table__)
counters = cast(Table, Counter.__table__)
favorites = cast(Table, Favorite.__table__)
follows = cast(Table, Follow.__table__)
link_previews = cast(Table, LinkPreview.__table__)
tags = cast(Table, Tag.__table__)
users = cast(Table, User.__table__)
