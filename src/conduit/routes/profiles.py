"""Profiles, following and unfollowing."""

from typing import Any

from flask import Blueprint

from conduit.database import reading
from conduit.extensions import db
from conduit.repositories import users
from conduit.routes import cache_tags, serializers
from conduit.schemas.users import ProfileResponse
from conduit.services import profiles
from hotroute.api.operations import operation
from hotroute.cache import hot

blueprint = Blueprint("profiles", __name__)
TAG = "Profile"


@blueprint.get("/profiles/<username>")
@hot(share="per-caller", tags=cache_tags.PROFILE)
@operation("GetProfileByUsername", tag=TAG, access="optional", response=ProfileResponse)
def get(username: str, viewer: int | None) -> dict[str, Any]:
    """A user's profile."""
    with reading() as connection:
        return {"profile": serializers.profile(users.get_profile(connection, username, viewer))}


@blueprint.post("/profiles/<username>/follow")
@operation("FollowUserByUsername", tag=TAG, response=ProfileResponse)
def follow(username: str, viewer: int) -> dict[str, Any]:
    """Follow a user."""
    return {"profile": serializers.profile(profiles.follow(db.session, viewer, username))}


@blueprint.delete("/profiles/<username>/follow")
@operation("UnfollowUserByUsername", tag=TAG, response=ProfileResponse)
def unfollow(username: str, viewer: int) -> dict[str, Any]:
    """Follow a user no longer."""
    return {"profile": serializers.profile(profiles.unfollow(db.session, viewer, username))}
