"""Static files under names that change with their content: a browser may keep them for ever."""

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

FINGERPRINT = 16
"""Hexadecimal digits; nginx/encodings.conf.j2 knows a fingerprint by them."""

FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"


class Assets:
    """The static files of one package, at /static/PACKAGE/.

    Args:
        package: the name of a package that can be imported.
        folder: where its files are, within the package.
    """

    def __init__(self, package: str, folder: str = "static") -> None:
        self.package = package
        self.root = folder_of(package) / folder
        self.url = cache(self._url)
        """`url("app.js")` is `/static/shop/app.0123456789abcdef.js`."""

    def _url(self, name: str) -> str:
        return f"/static/{self.package}/{fingerprinted(name, (self.root / name).read_bytes())}"

    def files(self) -> dict[str, Path]:
        """Every file by its name: paths within the folder, none that is hidden."""
        found = ((path.relative_to(self.root), path) for path in sorted(self.root.rglob("*")) if path.is_file())
        return {name.as_posix(): path for name, path in found if not any(part[0] == "." for part in name.parts)}

    def blueprint(self) -> Blueprint:
        """The same addresses for when no Nginx is in front, as in a test."""
        blueprint = Blueprint(f"static-{self.package}".replace(".", "-"), __name__)
        blueprint.add_url_rule(f"/static/{self.package}/<path:name>", "file", self._send)
        return blueprint

    def _send(self, name: str) -> Response:
        plain = self._plain_names().get(name)
        response = send_from_directory(self.root, plain or name)
        response.headers["Cache-Control"] = FOR_EVER if plain else REVALIDATED
        return response

    @cache  # noqa: B019  # there is one of these for each package, and it stays
    def _plain_names(self) -> dict[str, str]:
        return {fingerprinted(name, path.read_bytes()): name for name, path in self.files().items() if "." in name}


def folder_of(package: str) -> Path:
    """Raises:
    ModuleNotFoundError: there is no such package.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {package!r}")
    return Path(spec.submodule_search_locations[0])


def fingerprinted(name: str, content: bytes) -> str:
    """`a/docs.js` becomes `a/docs.0123456789abcdef.js`."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{sha256(content).hexdigest()[:FINGERPRINT]}.{suffix}"
