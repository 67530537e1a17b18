"""Templates of Nginx's configuration: the package's own, each replaced by the project's of the same name."""

from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from hotroute.settings import SettingError

PACKAGED = Path(__file__).with_name("templates")
PROJECT = Path("nginx")
"""The project's folder unless NGINX_TEMPLATES names another; it may be missing."""

SUFFIX = ".conf.j2"


def open_templates(project: Path) -> Environment:
    """Return the package's templates and those in `project`, which win.

    Raises:
        SettingError: `project` was chosen, and is no folder.
    """
    if project != PROJECT and not project.is_dir():
        raise SettingError(f"NGINX_TEMPLATES: {project.absolute()} is no folder; name one, or leave it out")
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(project), FileSystemLoader(PACKAGED)]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(()),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def eject(name: str, project: Path) -> Path:
    """Copy a template of the package to `project`, and return the copy's path.

    Args:
        name: such as "limits", or "limits.conf.j2".

    Raises:
        SettingError: there is no such template, or the project has one of this name, or it cannot be written.
    """
    file = f"{name.removesuffix(SUFFIX)}{SUFFIX}"
    known = sorted(path.name for path in PACKAGED.glob(f"*{SUFFIX}"))
    if file not in known:
        names = ", ".join(each.removesuffix(SUFFIX) for each in known)
        raise SettingError(f"--eject: there is no template {name!r}; there are: {names}")
    try:
        project.mkdir(parents=True, exist_ok=True)
        with (project / file).open("x") as copy:
            copy.write((PACKAGED / file).read_text())
    except FileExistsError:
        raise SettingError(f"--eject: {project / file} is there already; remove it to have it copied anew") from None
    except OSError as error:
        raise SettingError(f"NGINX_TEMPLATES: {error}") from None
    return project / file
