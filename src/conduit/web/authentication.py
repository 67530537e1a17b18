"""Who sends a request: the `Authorization` header, read without the database."""

from typing import TYPE_CHECKING

from flask import current_app, request

from conduit.services import tokens
from hotroute.api import Access
from hotroute.api.errors import Unauthorized
from hotroute.cache import Principal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SCHEMES = {"token", "bearer"}


def identify(access: Access) -> int | None:
    """The caller's user id, or None where nobody says who they are.

    Raises:
        Unauthorized: a token is missing where one is required, or is not valid.
    """
    header = request.environ.get("HTTP_AUTHORIZATION") if access != "anyone" else None
    if header is None and access == "required":
        raise Unauthorized("token", "is missing")
    return None if header is None else read(header, signer())


def read(header: str, signer: tokens.Signer) -> int:
    """The user id in an `Authorization` header.

    Raises:
        Unauthorized: it is not ours, or not valid.
    """
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() not in SCHEMES:
        raise Unauthorized("token", "is invalid")
    return tokens.read(signer, token.strip())


def build_principal(signer: tokens.Signer) -> Principal:
    """Return the function that tells the cache whose answer a request asks for."""

    def read_principal(environ: "WSGIEnvironment") -> str | None:
        header = environ.get("HTTP_AUTHORIZATION")
        return None if header is None else str(read(header, signer))

    return read_principal


def signer() -> tokens.Signer:
    found: tokens.Signer = current_app.extensions["tokens"]
    return found
