"""Errors in the API's words, each with its status; no Flask, for services raise them too."""


class ApiError(Exception):
    """An error that is the caller's to mend: messages by field, as the answer shows them."""

    status = 400

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.errors: dict[str, list[str]] = {field: [message]}


class NotJson(ApiError):
    """The body cannot be read at all: not JSON, not UTF-8, nested too deeply."""


class NotText(ApiError):
    """A query string that is not UTF-8."""


class Unauthorized(ApiError):
    """RFC 9110, section 15.5.2: who asks is unknown."""

    status = 401


class Forbidden(ApiError):
    """RFC 9110, section 15.5.4: who asks is known and may not."""

    status = 403

    def __init__(self, what: str) -> None:
        super().__init__(what, "belongs to another user")


class NotFound(ApiError):
    """RFC 9110, section 15.5.5."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(what, "not found")


class Unsupported(ApiError):
    """RFC 9110, section 15.5.16: the body's content type is not JSON in UTF-8."""

    status = 415


class Invalid(ApiError):
    """RFC 9110, section 15.5.21: understood, and not acceptable; messages for several fields at once."""

    status = 422

    def __init__(self, errors: dict[str, list[str]]) -> None:
        Exception.__init__(self, ", ".join(errors))
        self.errors = errors


class Taken(Invalid):
    """A value that must be unique is another's already."""

    def __init__(self, *fields: str) -> None:
        super().__init__({field: ["has already been taken"] for field in fields})
