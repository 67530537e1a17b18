"""The one shape of every error."""

from conduit.schemas.base import Schema, example


class GenericError(Schema):
    """Messages by field, and `body` where there is no field."""

    model_config = example({"errors": {"field": ["what is wrong with it"]}})

    errors: dict[str, list[str]]
