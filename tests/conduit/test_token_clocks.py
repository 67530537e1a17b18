"""Tokens of a server whose clock differs from the reader's by a few seconds."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine

from conduit.services import tokens
from conduit.web.authentication import build_principal
from hotroute.api.errors import Unauthorized
from tests.api import Api

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = tokens.Signer("a secret of at least thirty-two bytes", 3600)
WRONG = {"iat": 1, "nbf": 1, "exp": -1}
"""The direction in which each time makes a token invalid."""


def token(key: str, **seconds: int) -> str:
    claims = {"iat": 0, "exp": 3600} | seconds
    return jwt.encode(
        {"sub": "1"} | {name: NOW + timedelta(seconds=each) for name, each in claims.items()}, key, "HS256"
    )


@pytest.mark.parametrize("claim", WRONG)
@pytest.mark.parametrize("seconds", [1, 9])
def test_a_clock_may_differ_by_up_to_ten_seconds(claim: str, seconds: int) -> None:
    given = token(SIGNER.secret, **{claim: WRONG[claim] * seconds})
    with time_machine.travel(NOW, tick=False):
        assert tokens.read(SIGNER, given) == 1
        assert build_principal(SIGNER)({"HTTP_AUTHORIZATION": f"Token {given}"}) == "1"


@pytest.mark.parametrize("claim", WRONG)
def test_a_clock_may_not_differ_by_more(claim: str) -> None:
    given = token(SIGNER.secret, **{claim: WRONG[claim] * 11})
    with time_machine.travel(NOW, tick=False):
        with pytest.raises(Unauthorized):
            tokens.read(SIGNER, given)
        with pytest.raises(Unauthorized):
            build_principal(SIGNER)({"HTTP_AUTHORIZATION": f"Token {given}"})


def test_a_login_on_a_server_whose_clock_is_ahead_counts_on_the_others(api: Api) -> None:
    with time_machine.travel(NOW + timedelta(seconds=9), tick=False):
        jake = api.register("jake")
    with time_machine.travel(NOW, tick=False):
        assert api.get("/user", jake).status_code == 200
        assert api.get("/articles/feed", jake).status_code == 200
