"""The one shape of every error."""

from conduit.schemas.base import Schema


class GenericError(Schema):
    """Messages by field, and `body` where there is no field."""

    errors: dict[str, list[str]]
