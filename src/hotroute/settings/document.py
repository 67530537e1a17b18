"""`.env.example` and `docs/settings.md`, written from the definitions."""

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from hotroute.settings.base import HotrouteSettings
from hotroute.settings.errors import get_extra, get_variable
from hotroute.settings.proxy import ProxySettings
from hotroute.settings.types import Kind

WIDTH = 118
FILES = (Path(".env.example"), Path("docs/settings.md"))
ENV_INTRODUCTION = """\
# Every setting, with its default. Copy what you change to .env (`make run` reads it) or set it in the environment.
# A line that starts with # shows the default; nothing here is secret, and no secret has a default.
# Written by `make settings` from the definitions; docs/settings.md is the same as tables.
"""
PAGE_INTRODUCTION = """\
# Settings

For whoever installs the application: every variable that it reads. `make run` reads `.env` too, whose template is
[.env.example](../.env.example). Both are written by `make settings` from the definitions.

- An empty variable counts as unset.
- A part does not start with wrong settings, and names all of them, each in a line with its value and the fix; no secret
  and no password of a URL is printed.
- A secret may be kept in a file, as Docker and Kubernetes do it: `SECRET_KEY_FILE=/run/secrets/key` in place of
  `SECRET_KEY`. The tables mark such settings with "file".
"""


class Row(NamedTuple):
    """One setting, as both documents show it."""

    variable: str
    kind: str
    default: str
    unit: str
    description: str
    is_required: bool
    is_secret: bool
    has_text_default: bool


def sections(*classes: type[HotrouteSettings]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the heading and the settings of each class that defines any, the most general first."""
    known = dict.fromkeys(each for found in classes for each in reversed(found.__mro__))
    for each in known:
        if issubclass(each, HotrouteSettings) and (names := own_fields(each)):
            heading = (inspect.getdoc(each) or each.__name__).splitlines()[0].rstrip(".")
            yield heading, [describe(name, each.model_fields[name]) for name in names]


def own_fields(settings: type[HotrouteSettings]) -> list[str]:
    return [name for name in inspect.get_annotations(settings) if name in settings.model_fields]


def describe(name: str, field: FieldInfo) -> Row:
    shown = get_extra(field, "shown")
    return Row(
        get_variable(name, field),
        name_type(field),
        shown or write(field.default),
        get_extra(field, "unit"),
        field.description or "",
        field.is_required(),
        bool(get_extra(field, "secret")),
        bool(shown),
    )


def name_type(field: FieldInfo) -> str:
    for found in (field, *map(FieldInfo.from_annotation, get_args(field.annotation))):
        if kind := next((each for each in found.metadata if isinstance(each, Kind)), None):
            return kind.name
    if get_origin(field.annotation) is Literal:
        return " or ".join(map(str, get_args(field.annotation)))
    return {bool: "true or false", SecretStr: "secret"}.get(field.annotation, "text")  # type: ignore[arg-type]


def write(default: Any) -> str:
    """Return a default as a variable would have it."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, float):
        return f"{default:.10g}"
    return str(default) if isinstance(default, str | int | Path) else ""


def env_example(*classes: type[HotrouteSettings]) -> str:
    lines = [ENV_INTRODUCTION]
    for heading, rows in sections(*classes):
        lines.append(f"# --- {heading} ---\n")
        lines += [line for row in rows for line in env_lines(row)]
        lines.append("")
    return "\n".join(lines)


def env_lines(row: Row) -> Iterator[str]:
    unit = f", in {row.unit}" if row.unit else ""
    told = f" Unset: {row.default}." if row.has_text_default else ""
    yield from (f"# {line}" for line in textwrap.wrap(f"{row.description}{unit}.{told}", WIDTH, break_on_hyphens=False))
    value = "" if row.has_text_default else row.default
    yield f"{'' if row.is_required else '#'}{row.variable}={value}"


def page(*classes: type[HotrouteSettings]) -> str:
    lines = [PAGE_INTRODUCTION]
    for heading, rows in sections(*classes):
        lines += [f"## {heading}\n", "| Setting | Type | Default | Unit | Meaning |", "| --- | --- | --- | --- | --- |"]
        lines += [page_row(row) for row in rows]
        lines.append("")
    return "\n".join(lines)


def page_row(row: Row) -> str:
    kind = f"{row.kind}, file" if row.is_secret else row.kind
    default = "**required**" if row.is_required else row.default if row.has_text_default else f"`{row.default}`"
    cells = (f"`{row.variable}`", kind, "" if default == "``" else default, row.unit, row.description)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def documents(application: type[HotrouteSettings]) -> dict[Path, str]:
    """Return the text of each file."""
    classes = (application, ProxySettings)
    return dict(zip(FILES, (env_example(*classes), page(*classes)), strict=True))


def stale(documents: dict[Path, str]) -> list[Path]:
    """Return the files that are not as the definitions say."""
    return [file for file, text in documents.items() if not file.exists() or file.read_text() != text]
