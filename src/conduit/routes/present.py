"""Rows as the API's JSON; the keys are those of `conduit.schemas`, which the tests hold these against."""

from typing import Any

from sqlalchemy import Row

from conduit.models import User
from conduit.web.json import iso


def article(row: Row[Any]) -> dict[str, Any]:
    return {**summary(row), "body": row.body}


def summary(row: Row[Any]) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "description": row.description,
        "tagList": row.tag_list,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
        "favorited": row.favorited,
        "favoritesCount": row.favorites_count,
        "author": profile(row),
    }


def profile(row: Row[Any]) -> dict[str, Any]:
    return {"username": row.username, "bio": row.bio, "image": row.image, "following": row.following}


def comment(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
        "body": row.body,
        "author": profile(row),
    }


def user(account: User, token: str) -> dict[str, Any]:
    return {
        "user": {
            "email": account.email,
            "token": token,
            "username": account.username,
            "bio": account.bio,
            "image": account.image,
        }
    }
