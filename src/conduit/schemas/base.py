"""The types that every schema is made of."""

from typing import Annotated

import email_validator
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from hotroute.api.fields import NotBlank, Nul, WithoutNul, required


def address(value: str) -> str:
    """An e-mail address, in lower case so that one mailbox is one account."""
    try:
        # RFC 6761 keeps .test for tests, and API test collections use it.
        found = email_validator.validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        raise PydanticCustomError("email", "is invalid") from None
    return found.normalized.lower()


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
