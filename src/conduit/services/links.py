"""The links of an article, and what is shown of the pages behind them."""

import codecs
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from markdown_it import MarkdownIt

from hotroute.outbound_http import Document

MOST = 5
"""Links of an article that get a preview."""

URL_CHARACTERS = 2000
TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page says about itself (https://ogp.me, or HTML's own elements)."""

    url: str
    title: str
    description: str
    image: str


def find_links(markdown: str) -> list[str]:
    """Return the first few http and https links of a text, each once."""
    tokens = [child for token in MarkdownIt().parse(markdown) for child in token.children or []]
    found = [str(token.attrs.get("href", "")) for token in tokens if token.type == "link_open"]
    return list(dict.fromkeys(filter(is_web_link, found)))[:MOST]


def is_web_link(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"} and len(url) <= URL_CHARACTERS
    except ValueError:
        return False


def read_preview(document: Document) -> Preview:
    head = HeadParser()
    head.feed(document.body.decode(find_charset(document), "replace"))
    meta = head.meta
    image = urljoin(document.url, meta.get("og:image", ""))
    return Preview(
        url=document.url,
        title=squeeze(meta.get("og:title") or head.title, TITLE_CHARACTERS),
        description=squeeze(meta.get("og:description") or meta.get("description", ""), DESCRIPTION_CHARACTERS),
        image=image if meta.get("og:image") and is_web_link(image) else "",
    )


def find_charset(document: Document) -> str:
    """Return the charset that the header names, where Python knows it; else UTF-8."""
    _, _, named = document.content_type.lower().partition("charset=")
    charset = named.partition(";")[0].strip(" \"'")
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):
        return "utf-8"


def squeeze(text: str, characters: int) -> str:
    """Return text on one line; no NUL, which PostgreSQL cannot hold."""
    return " ".join(text.replace("\0", " ").split())[:characters]


class HeadParser(HTMLParser):
    """Collects the title and the meta elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.title = ""
        self.is_in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_in_title = tag == "title" and not self.title
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := given.get("property") or given.get("name")):
            self.meta.setdefault(name.lower(), given.get("content", ""))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.is_in_title = False

    def handle_data(self, data: str) -> None:
        if self.is_in_title:
            self.title += data
