"""A user's articles as an archive of HTML pages."""

import zipfile
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from sqlalchemy import Row

Report = Callable[[int], None]
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""


def write_archive(file: Path, articles: Iterable[Row[Any]], report: Report) -> int:
    """Write a page for each article and an index, as they come: the archive is never in memory. Return how many."""
    index: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for article in articles:
            archive.writestr(f"articles/{article.slug}.html", render_article(article))
            index.append(f'<li><a href="articles/{quote(article.slug)}.html">{escape(article.title)}</a></li>')
            report(len(index))
        archive.writestr("index.html", render_page("Articles", f"<ul>{''.join(index)}</ul>"))
    return len(index)


def render_article(article: Row[Any]) -> str:
    tags = ", ".join(map(escape, article.tag_list))
    content = f"<p>{escape(article.description)}</p>\n{render_markdown(article.body)}\n<footer>{tags}</footer>"
    return render_page(article.title, content)


def render_markdown(text: str) -> str:
    """Return Markdown as HTML without scripts, styles and other active content, whoever wrote it."""
    return nh3.clean(MarkdownIt().render(text))


def render_page(title: str, content: str) -> str:
    return PAGE.format(title=escape(title), content=content)
