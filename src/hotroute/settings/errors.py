"""Wrong settings in words: a line for each, with its name, its value and the fix, and never a password."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

LONGEST = 200
"""Characters of a value that are shown."""

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|sqlite:")
AFTER_COLON = re.compile(r":(?![0-9]{1,5}(?:[/?#,]|$)).*", re.DOTALL)
"""A colon and everything behind it, unless that is a port: it may be a password."""

FIXES = {"bool_parsing": "is neither true nor false", "bool_type": "is neither true nor false"}


class WrongValueError(ValueError):
    """A value cannot be used.

    Args:
        fix: what is wrong and what to write instead; follows the value in the message.
        value: the part of the value that is wrong; all of it unless given.
    """

    def __init__(self, fix: str, value: str | None = None) -> None:
        super().__init__(fix)
        self.fix, self.value = fix, value


@dataclass(frozen=True, slots=True)
class UnusableFile:
    """A file named by `NAME_FILE` that gives no secret, and why."""

    path: str
    fix: str


def explain(fields: Mapping[str, FieldInfo], invalid: ValidationError) -> str:
    """Return a line for each wrong setting."""
    by_variable = {get_variable(name, field): field for name, field in fields.items()}
    errors = invalid.errors(include_url=False)
    return "\n".join(dict.fromkeys(describe(by_variable, error) for error in errors))


def describe(fields: Mapping[str, FieldInfo], error: Mapping[str, Any]) -> str:
    name, given = str(error["loc"][0]).upper(), error["input"]
    reason = error.get("ctx", {}).get("error")
    if isinstance(given, UnusableFile):
        return f"{name}_FILE: {given.path!r} {given.fix}"
    if error["type"] == "missing":
        return f"{name}: is not set{get_extra(fields[name], 'fix')}"
    if isinstance(reason, WrongValueError):
        return f"{name}: {show(fields[name], given if reason.value is None else reason.value)}{reason.fix}"
    return f"{name}: {show(fields[name], given)}{find_fix(error)}"


def find_fix(error: Mapping[str, Any]) -> str:
    expected = error.get("ctx", {}).get("expected")
    return f"is not {expected}".replace("'", "") if expected else FIXES.get(error["type"], "cannot be used")


def show(field: FieldInfo, value: object) -> str:
    """Return the value to print, with a space behind it; nothing where it is secret or was not given."""
    if field.annotation is SecretStr or not isinstance(value, str | int | float):
        return ""
    text = mask(str(value)) if get_extra(field, "secret") else str(value)
    return f"{text[:LONGEST]!r} " if text else ""


def mask(url: str) -> str:
    """Return a URL without its credentials and options, however malformed it is."""
    scheme = found[0] if (found := SCHEME.match(url)) else ""
    rest = url.removeprefix(scheme)
    _, at, place = rest.rpartition("@")
    place, question, _ = place.partition("?")
    return f"{scheme}{'***@' if at else ''}{AFTER_COLON.sub(':***', place)}{'?***' if question else ''}"


def get_variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or name).upper()


def get_extra(field: FieldInfo, name: str) -> str:
    """Return one of the texts that `hotroute.settings.base.setting` keeps with a field."""
    extra = field.json_schema_extra
    return str(extra.get(name, "")) if isinstance(extra, dict) else ""
