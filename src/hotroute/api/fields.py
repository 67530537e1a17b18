"""Types of the fields of bodies and query strings; a database of either kind holds whatever they let through."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


class Schema(BaseModel):
    """A body or a query string. Unknown fields are ignored: front ends send back whole objects."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def example(value: dict[str, Any]) -> ConfigDict:
    """Return a model's configuration with what the interactive page offers to send, or shows as an answer."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def refuse_nul(value: str) -> str:
    """Refuse NUL, which PostgreSQL's text cannot hold, on every database."""
    if "\0" in value:
        raise PydanticCustomError("nul", "has a NUL character")
    return value


def refuse_other_digits(value: object) -> object:
    """Refuse `1_0` and `10.0`, which Pydantic takes for integers and no other reader of a URL does."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise PydanticCustomError("int_parsing", "must be an integer")
    return value


def required(maximum: int) -> StringConstraints:
    return StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=maximum)


Nul = AfterValidator(refuse_nul)
Digits = BeforeValidator(refuse_other_digits)
# The same in the OpenAPI document; what is checked by code would not show in it.
WithoutNul = Field(json_schema_extra={"pattern": r"^[^\x00]*$"})
# U+0085 is white space to Unicode, and so to Pydantic, but not to the regular expressions of JSON Schema.
NotBlank = Field(json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00\x85][^\x00]*$"})

Line = Annotated[str, required(255), Nul, NotBlank]
LongText = Annotated[str, StringConstraints(strict=True, max_length=100_000), Nul, WithoutNul]
Whole = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
Truth = Annotated[bool, Field(strict=True)]
Day = Annotated[date, Field(ge=date(1000, 1, 1), le=date(9000, 1, 1))]
# Years that every zone has.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1000, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))]


class PageQuery(Schema):
    """Which part of a list. `offset` counts from the newest."""

    limit: Annotated[int, Field(ge=1, le=100), Digits] = 20
    offset: Annotated[int, Field(ge=0, le=2**31 - 1), Digits] = 0


class GenericError(Schema):
    """Messages by field, and `body` where there is no field."""

    model_config = example({"errors": {"field": ["what is wrong with it"]}})

    errors: dict[str, list[str]]
