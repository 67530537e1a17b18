"""The error of the commands that write a project."""


class ProjectError(Exception):
    """Nothing was written: what was asked for cannot be done right. The text names the fix."""
