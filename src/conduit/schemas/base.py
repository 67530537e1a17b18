"""The types that every schema is made of."""

import re
from typing import Annotated, Any

import email_validator
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError


class Schema(BaseModel):
    """Unknown fields are ignored: front ends send back whole objects."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def example(value: dict[str, Any]) -> ConfigDict:
    """A model's configuration with what the interactive page offers to send, or shows as an answer."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def without_nul(value: str) -> str:
    """PostgreSQL's text cannot hold NUL, so no database gets one."""
    if "\0" in value:
        raise PydanticCustomError("nul", "has a NUL character")
    return value


def decimal(value: object) -> object:
    """A number in a query is digits: Pydantic would take `1_0` and `10.0` too, which no other reader of a URL does."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise PydanticCustomError("int_parsing", "must be an integer")
    return value


def address(value: str) -> str:
    """An e-mail address, in lower case so that one mailbox is one account."""
    try:
        # RFC 6761 keeps .test for tests, and API test collections use it.
        found = email_validator.validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        raise PydanticCustomError("email", "is invalid") from None
    return found.normalized.lower()


def required(maximum: int) -> StringConstraints:
    return StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=maximum)


Nul = AfterValidator(without_nul)
Decimal = BeforeValidator(decimal)
# The same in the OpenAPI document; what is checked by code would not show in it.
WithoutNul = Field(json_schema_extra={"pattern": r"^[^\x00]*$"})
# U+0085 is white space to Unicode, and so to Pydantic, but not to the regular expressions of JSON Schema.
NotBlank = Field(json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00\x85][^\x00]*$"})
Name = Annotated[str, required(64), StringConstraints(pattern=r"^\w[\w .@+\-]*$"), Nul]
Email = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=254),
    AfterValidator(address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]
Password = Annotated[str, StringConstraints(strict=True, min_length=8, max_length=256), Nul, WithoutNul]
GivenPassword = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=256)]
Title = Annotated[str, required(255), Nul, NotBlank]
Summary = Annotated[str, required(2_000), Nul, NotBlank]
Body = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500_000, pattern=r"\S"), Nul, NotBlank]
Remark = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=20_000, pattern=r"\S"), Nul, NotBlank]
Tag = Annotated[str, required(64), Nul, NotBlank]


def empty_for_null(value: object) -> object:
    return "" if value is None else value


Optional = Annotated[
    str,
    StringConstraints(strict=True, max_length=10_000),
    Nul,
    BeforeValidator(empty_for_null),
    Field(json_schema_extra={"type": ["string", "null"], "pattern": r"^[^\x00]*$"}),
]
"""A text that may be empty; front ends send null for it."""
