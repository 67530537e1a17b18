"""Settings: each is a field of one class, with its type, default, unit and description."""

from hotroute.extras import extra
from hotroute.setting_error import SettingError

with extra("serve"):
    import pydantic_settings  # noqa: F401  # named here, for every module of this package needs it

__all__ = ["SettingError"]
