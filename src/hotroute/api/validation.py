"""Input of requests, checked by Pydantic before anything else sees it."""

from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge

from hotroute.api.errors import Invalid, NotFound, NotJson, NotText, Unsupported

Model = TypeVar("Model", bound=BaseModel)
BLANK = "can't be blank"
WORDS = {
    "missing": BLANK,
    "string_type": "must be a string",
    "string_pattern_mismatch": "is invalid",
    "string_unicode": "is not valid Unicode",
    "string_too_long": "is too long (maximum is {max_length} characters)",
    "string_too_short": "is too short (minimum is {min_length} characters)",
    "list_type": "must be a list",
    "too_long": "has too many entries (maximum is {max_length})",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
"""The API's words for Pydantic's error types."""


def find_parse_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of Gunicorn for chunks that are malformed; none where another server is installed."""
    if find_spec("gunicorn") is None:
        return ()
    from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # noqa: PLC0415

    return (ParseException,)


PARSE_ERRORS = find_parse_errors()


def read_body(model: type[Model]) -> Model:
    """The JSON body.

    Raises:
        Unsupported: the content type is not JSON, or says that it is not in UTF-8.
        NotJson: the body cannot be read.
        RequestEntityTooLarge: it is larger than the setting allows.
        Invalid: it says something else than the model asks for.
    """
    refuse_other_types()
    try:
        return model.model_validate_json(read_all())
    except ValidationError as invalid:
        raise explain(invalid) from None


def read_all() -> bytes:
    length = request.content_length
    try:
        body = request.get_data(cache=False)
        # Of a body in chunks Werkzeug reads as much as is allowed, and does not say that there is more.
        more = length is None and request.environ["wsgi.input"].read(1)
    except PARSE_ERRORS:
        # Gunicorn finds out that the chunks are malformed (RFC 9112, section 7.1) only while they are read.
        raise NotJson("body", "is not well chunked") from None
    if more:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        # RFC 9112, section 8: the connection was closed before it was all there.
        raise NotJson("body", "is not complete")
    return body


def read_query(model: type[Model]) -> Model:
    """The query string; a parameter without a value is one that was not given.

    Raises:
        NotText: a value is not in UTF-8.
        Invalid: a value is not what the model asks for.
    """
    refuse_other_encodings(request.query_string)
    given = {name: value for name, value in request.args.items() if value} if request.query_string else {}
    try:
        return model.model_validate(given)
    except ValidationError as invalid:
        raise explain(invalid) from None


def refuse_other_encodings(query: bytes) -> None:
    """Werkzeug would put other characters in the place of such bytes, and a filter would look for those."""
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        raise NotText("query", "is not valid UTF-8") from None


def refuse_nul(path: dict[str, Any]) -> None:
    """No stored name has a NUL, and PostgreSQL would refuse the question."""
    for name, value in path.items():
        if isinstance(value, str) and "\0" in value:
            raise NotFound(name)


def refuse_other_types() -> None:
    if not request.is_json:
        raise Unsupported("body", "must have the content type application/json")
    # RFC 8259, section 8.1: JSON between systems is UTF-8.
    if request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Unsupported("body", "must be in UTF-8")


def explain(invalid: ValidationError) -> Invalid | NotJson:
    errors: dict[str, list[str]] = {}
    for error in invalid.errors(include_url=False, include_context=True):
        if error["type"] == "json_invalid":
            return NotJson("body", "is not valid JSON")
        messages = errors.setdefault(field(error["loc"]), [])
        if (message := phrase(error)) not in messages:
            messages.append(message)
    return Invalid(errors)


def field(location: tuple[int | str, ...]) -> str:
    """The last name on the way: `email` for ("user", "email"), `tagList` for ("article", "tagList", 3)."""
    return next((part for part in reversed(location) if isinstance(part, str)), "body")


def phrase(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "string_too_short" and context.get("min_length") == 1:
        return BLANK
    return WORDS.get(error["type"], error["msg"]).format(**context)
