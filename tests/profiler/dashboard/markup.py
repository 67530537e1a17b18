"""What a page must not have under its policy, and must have for whoever does not see it."""

from collections import Counter
from html.parser import HTMLParser


def complaints(html: str) -> list[str]:
    """In words; none for a page that is as it should be."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return [*reader.complaints, *reader.missing()]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.named: set[str] = set()
        self.references: set[str] = set()
        self.label = self.drawing = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # What a picture calls its <title> is another one.
        self.tags[tag] += not self.drawing
        self.ids[given.get("id") or ""] += 1
        self.references |= set((given.get("aria-labelledby") or "").split())
        self.label += tag == "label"
        self.drawing += tag == "svg"
        self.complaints += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        self.complaints += [f"<{tag}>: {value}" for value in given.values() if (value or "").startswith("javascript:")]
        self.complaints += [words for words, wrong in self.rules(tag, given) if wrong]

    def handle_endtag(self, tag: str) -> None:
        self.label -= tag == "label"
        self.drawing -= tag == "svg"

    def rules(self, tag: str, given: dict[str, str | None]) -> list[tuple[str, bool]]:
        hidden = given.get("type") == "hidden"
        return [
            ("an inline script", tag == "script" and not given.get("src")),
            ("an inline style sheet", tag == "style"),
            ("a <th> without scope", tag == "th" and given.get("scope") not in {"col", "row"}),
            ("a picture without words", given.get("role") == "img" and not given.get("aria-label")),
            ("a field without a label", tag in {"input", "select"} and not hidden and not self.label),
            ("a file of another origin", tag in {"script", "link", "img"} and "//" in (given.get("src") or "")),
            ("a form that is not GET", tag == "form" and given.get("method") != "get"),
        ]

    def missing(self) -> list[str]:
        twice = [f"the id {name} twice" for name, number in self.ids.items() if name and number > 1]
        one_each = [f"{self.tags[tag]} <{tag}>" for tag in ("h1", "main", "title") if self.tags[tag] != 1]
        dangling = [f"no element has the id {name}" for name in self.references if not self.ids[name]]
        return twice + one_each + dangling
