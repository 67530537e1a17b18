"""The error of wrong settings, for parts that are installed without what reads settings."""


class SettingError(ValueError):
    """Settings cannot be used; each line of the message begins with the name of one."""
