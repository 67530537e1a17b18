"""JSON Web Tokens (RFC 7519), signed with HS256: who someone is, until when."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import jwt
from jwt.types import Options

from hotroute.api.errors import Unauthorized

ALGORITHM = "HS256"
LARGEST_ID = 2**63 - 1
"""What a column for ids holds; a database would fail on more."""
LEEWAY = 10
"""Seconds by which the clocks of the server that issues a token and of the one that reads it may differ."""
REQUIRED: Options = {"require": ["exp", "iat", "sub"]}


class Signer(NamedTuple):
    """The key and how long a token holds, in seconds."""

    secret: str
    lifetime: int


def issue(signer: Signer, user_id: int) -> str:
    issued = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": issued, "exp": issued + timedelta(seconds=signer.lifetime)}
    return jwt.encode(claims, signer.secret, ALGORITHM)


def read(signer: Signer, token: str) -> int:
    """The user's id.

    Raises:
        Unauthorized: the token is malformed, expired, or signed with another key or algorithm (RFC 8725, section 3.1).
    """
    try:
        user_id = int(jwt.decode(token, signer.secret, [ALGORITHM], options=REQUIRED, leeway=LEEWAY)["sub"])
    except jwt.ExpiredSignatureError:
        raise Unauthorized("token", "has expired") from None
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthorized("token", "is invalid") from None
    if not 0 < user_id <= LARGEST_ID:
        raise Unauthorized("token", "is invalid")
    return user_id
