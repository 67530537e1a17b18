"""Reading settings: pydantic-settings on any mapping, with secrets from files, and all that is wrong at once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from hotroute.setting_error import SettingError
from hotroute.settings.errors import UnusableFile, WrongValueError, explain, get_extra, get_variable

LARGEST_SECRET = 65_536
"""Bytes of a file with a secret."""


def setting(  # noqa: PLR0913  # one for each column of the reference
    default: Any,
    description: str,
    *,
    unit: str = "",
    shown: str = "",
    alias: str | None = None,
    secret: bool = False,
    fix: str = "",
    check_default: bool = False,
) -> Any:
    """Define a setting.

    Args:
        default: `...` for none.
        shown: how the reference describes a default that depends on others.
        alias: the variable, where it is not the field's name in upper case.
        secret: its value is not printed, and `NAME_FILE` may name a file that holds it.
        fix: what to do where it is not set.
        check_default: its validators see the default too.
    """
    extra = {"unit": unit, "shown": shown, "secret": "yes" if secret else "", "fix": f"; {fix}" if fix else ""}
    return Field(
        default,
        description=description,
        validation_alias=alias,
        validate_default=check_default,
        json_schema_extra={name: text for name, text in extra.items() if text},
    )


class EnvironSource(EnvSettingsSource):
    """pydantic-settings' source of environment variables, on a mapping. An empty variable counts as unset."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.environ = environ
        self.env_vars = {name.lower(): text for name, text in environ.items() if name.isupper() and text.strip()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        text, key, is_complex = super().get_field_value(field, field_name)
        if isinstance(text, str) and field.annotation is not SecretStr:
            text = text.strip()
        name = f"{get_variable(field_name, field)}_FILE"
        if get_extra(field, "secret") and (path := self.environ.get(name)):
            return read_secret(path) if text is None else refuse_both(path, name), key, is_complex
        return text, key, is_complex


def read_secret(path: str) -> str | UnusableFile:
    """Return the content of a file, without the end of its last line."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(LARGEST_SECRET + 1).decode().rstrip("\r\n")
    except OSError as error:
        return UnusableFile(path, f"cannot be read ({error.strerror}); name a file with the secret")
    except ValueError:
        return UnusableFile(path, "is not UTF-8 text; name a file with the secret")
    if not text.strip() or len(text) > LARGEST_SECRET:
        return UnusableFile(path, f"is empty or larger than {LARGEST_SECRET} bytes; name a file with the secret")
    return text


def refuse_both(path: str, name: str) -> UnusableFile:
    return UnusableFile(path, f"is set beside {name.removesuffix('_FILE')}; set one of them only")


class HotrouteSettings(BaseSettings):
    """Settings of a part; `read` makes one. Keywords make one too, for tests, and look at no environment."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables.

        Raises:
            SettingError: naming each setting that is missing, malformed or unsafe, in a line of its own.
        """
        try:
            return cls(**EnvironSource(cls, environ)())
        except ValidationError as invalid:
            raise SettingError(explain(cls.model_fields, invalid)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return what `read` gives as keywords: it has asked `EnvironSource`."""
        return (init_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def refuse_unusable_file(cls, value: object) -> object:
        if isinstance(value, UnusableFile):
            raise WrongValueError(value.fix)
        return value
