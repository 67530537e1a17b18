"""What the hot routes depend on. Whoever changes rows without naming them says `<table>!bulk`, so a tag of rows has it
beside it; what a flush says by row is in `conduit.models.touches`.
"""

AUTHORS = ("profiles", "users!bulk")
"""What is shown of users who are known only once the answer is."""

FOLLOWS = ("follows-of:{caller}", "follows!bulk")
"""Whom the caller follows; and whether there is a caller, since the end of an account deletes its follows."""

ARTICLE = ("article:{slug}", "articles!bulk", "favorites-of:{caller}", "favorites!bulk", *AUTHORS, *FOLLOWS)
COMMENTS = ("slug:{slug}", "articles!bulk", "comments:{slug}", "comments!bulk", *AUTHORS, *FOLLOWS)
PROFILE = ("profile:{username}", "users!bulk", *FOLLOWS)

LISTS = ("articles", "article_tags", "tags", "counters", "favorites", "counts", *AUTHORS, *FOLLOWS)
"""Whole tables: nearly every change to an article moves it within lists, or shows there."""
