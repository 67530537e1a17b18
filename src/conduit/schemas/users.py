"""Accounts and profiles."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from conduit.schemas.base import Email, GivenPassword, Name, Optional, Password
from hotroute.api.fields import Schema, example


class Credentials(Schema):
    email: Email
    password: GivenPassword


class NewUser(Schema):
    username: Name
    email: Email
    password: Password


def none_for_blank(value: object) -> object:
    return None if value == "" else value


def and_blank(schema: dict[str, Any]) -> None:
    schema["anyOf"].append({"const": ""})


class UserChanges(Schema):
    """At least one field. A blank password, as settings pages send it, means the old one."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    email: Email = ""
    username: Name = ""
    password: Annotated[Password | None, BeforeValidator(none_for_blank), Field(json_schema_extra=and_blank)] = None
    bio: Optional = ""
    image: Optional = ""

    @model_validator(mode="after")
    def something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("empty", "needs at least one field")
        return self


class LoginUserRequest(Schema):
    model_config = example({"user": {"email": "jake@example.com", "password": "jakejake"}})

    user: Credentials


class NewUserRequest(Schema):
    model_config = example({"user": {"username": "jake", "email": "jake@example.com", "password": "jakejake"}})

    user: NewUser


class UpdateUserRequest(Schema):
    model_config = example({"user": {"bio": "Trains dragons", "image": "https://example.com/jake.png"}})

    user: UserChanges


class User(Schema):
    email: str
    token: str
    username: str
    bio: str
    image: str


class Profile(Schema):
    username: str
    bio: str
    image: str
    following: bool


class UserResponse(Schema):
    user: User


class ProfileResponse(Schema):
    profile: Profile
