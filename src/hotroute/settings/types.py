"""Types of settings: how a text becomes a value, and what is said of one that does not."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from hotroute.settings.errors import WrongValueError

NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_NAME = 255
"""Characters of a file's name (Linux, limits.h)."""

UNSAFE_IN_CONF = re.compile(r"""["'\\$;{}\s]""")


@dataclass(frozen=True, slots=True)
class Kind:
    """Annotates a field.

    Attributes:
        name: of the type, in the reference.
        parse: returns the value of a text, or of what is a value already; raises WrongValueError.
    """

    name: str
    parse: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))


def whole(least: int, most: int) -> Kind:
    """A whole number, written in plain digits."""

    def parse(value: Any) -> int:
        text = str(value)
        if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
            raise WrongValueError(f"is not a whole number from {least} to {most}")
        return int(text)

    return Kind(f"{least} to {most}", parse)


def number(above: float, most: float, zero: bool = False) -> Kind:
    """A number, in plain digits with a point."""
    bounds = f"from 0 to {most:g}" if zero else f"above {above:g} and up to {most:g}"

    def parse(value: Any) -> float:
        given = float(value) if isinstance(value, int | float) or NUMBER.fullmatch(str(value)) else -1.0
        if not (above < given <= most or (zero and given == 0)):
            raise WrongValueError(f"is not a number {bounds}")
        return given

    return Kind(f"number {bounds}", parse)


def pattern(name: str, expression: str, fix: str) -> Kind:
    """A text that matches."""
    compiled = re.compile(expression)

    def parse(value: Any) -> str:
        if not compiled.fullmatch(str(value)):
            raise WrongValueError(fix)
        return str(value)

    return Kind(name, parse)


def commas(name: str, parse_one: Callable[[str], str]) -> Kind:
    """Texts with commas between them, each once. The field needs pydantic-settings' NoDecode too."""

    def parse(value: Any) -> tuple[str, ...]:
        given = value.split(",") if isinstance(value, str) else value
        return tuple(dict.fromkeys(parse_one(part.strip()) for part in given if part.strip()))

    return Kind(f"{name}, with commas", parse)


def parse_folder(value: Any) -> Path:
    text = str(value)
    if text.startswith("~") or "$" in text:
        raise WrongValueError("holds ~ or $, which no shell expands here; write the whole path")
    if "://" in text or CONTROL.search(text):
        raise WrongValueError("is not the path of a folder")
    path = Path(text).absolute()
    if any(len(part) > LONGEST_NAME for part in path.parts):
        raise WrongValueError(f"has a name longer than {LONGEST_NAME} characters")
    if file := next((each for each in (path, *path.parents) if os.path.isfile(each)), None):
        raise WrongValueError(f"is not a folder: {file} is a file")
    return path


def parse_conf_path(value: Any) -> Path:
    """Return the absolute path, if Nginx's configuration can hold it between quotes."""
    path = Path(str(value)).absolute()
    check_conf_path(path)
    if str(value).startswith("~") or "://" in str(value):
        raise WrongValueError("is not a path; write the whole path")
    return path


def check_conf_path(path: Path) -> None:
    """Raises:
    WrongValueError: the path has a character that Nginx would read as its own.
    """
    if UNSAFE_IN_CONF.search(str(path).replace(" ", "")) or CONTROL.search(str(path)):
        raise WrongValueError("has a character that Nginx's configuration cannot hold", str(path))


def parse_conf_folder(value: Any) -> Path:
    path = parse_conf_path(value)
    return parse_folder(path)


Port = Annotated[int, Kind("port", whole(1, 65535).parse)]
Folder = Annotated[Path, Kind("folder", parse_folder)]
ConfFolder = Annotated[Path, Kind("folder", parse_conf_folder)]
ConfFile = Annotated[Path, Kind("file", parse_conf_path)]
