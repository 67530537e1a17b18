"""Registering, logging in and one's own account."""

from typing import Any

from flask import Blueprint

from conduit.extensions import db
from conduit.models import User
from conduit.repositories import users
from conduit.routes import serializers
from conduit.schemas.users import LoginUserRequest, NewUserRequest, UpdateUserRequest, UserResponse
from conduit.services import accounts, tokens
from conduit.web.authentication import signer
from conduit.web.limits import limited
from hotroute.api.operations import operation

blueprint = Blueprint("users", __name__)
TAG = "User and Authentication"


@blueprint.post("/users/login")
@operation("Login", tag=TAG, access="anyone", body=LoginUserRequest, response=UserResponse, errors=(401, 429))
@limited("login")
def log_in(body: LoginUserRequest) -> dict[str, Any]:
    """Log in with an e-mail address and a password."""
    return signed_in(accounts.log_in(db.session, body.user))


@blueprint.post("/users")
@operation(
    "CreateUser", tag=TAG, access="anyone", body=NewUserRequest, response=UserResponse, status=201, errors=(429,)
)
@limited("registration")
def register(body: NewUserRequest) -> dict[str, Any]:
    """Register a new user."""
    return signed_in(accounts.register(db.session, body.user))


@blueprint.get("/user")
@operation("GetCurrentUser", tag=TAG, response=UserResponse)
def get(viewer: int) -> dict[str, Any]:
    """The user whose token is sent."""
    return signed_in(users.get_viewer(db.session, viewer))


@blueprint.put("/user")
@operation("UpdateCurrentUser", tag=TAG, body=UpdateUserRequest, response=UserResponse)
def update(viewer: int, body: UpdateUserRequest) -> dict[str, Any]:
    """Change one's own account."""
    return signed_in(accounts.change(db.session, viewer, body.user))


def signed_in(user: User) -> dict[str, Any]:
    return serializers.user(user, tokens.issue(signer(), user.id))
