"""Tags that the hot routes depend on. What a flush says by row is in `conduit.models.row_tags`."""

AUTHORS = ("profiles",)
"""What is shown of users who are known only once the answer is."""

FOLLOWS = ("follows-of:{caller}",)
"""Whom the caller follows; and whether there is a caller, since the end of an account deletes its follows."""

ARTICLE = ("article:{slug}", "favorites-of:{caller}", *AUTHORS, *FOLLOWS)
COMMENTS = ("slug:{slug}", "comments:{slug}", *AUTHORS, *FOLLOWS)
PROFILE = ("profile:{username}", *FOLLOWS)

LISTS = ("articles", "article_tags", "tags", "counters", "favorites", "counts", *AUTHORS, *FOLLOWS)
"""Whole tables: nearly every change to an article moves it within lists, or shows there."""

PREVIEWS = ("slug:{slug}", "link_previews")
