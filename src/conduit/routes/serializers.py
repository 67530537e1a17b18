"""Rows as the API's JSON; the keys are those of `conduit.schemas`, which the tests hold these against."""

from typing import Any

from sqlalchemy import Row

from conduit.models import User


def article(row: Row[Any]) -> dict[str, Any]:
    return {**summary(row), "body": row.body}


def summary(row: Row[Any]) -> dict[str, Any]:
    slug, title, description, tags, created, updated, count, username, bio, image, favorited, following, *_ = tuple(row)
    return {
        "slug": slug,
        "title": title,
        "description": description,
        "tagList": tags,
        "createdAt": created,
        "updatedAt": updated,
        "favorited": favorited,
        "favoritesCount": count,
        "author": {"username": username, "bio": bio, "image": image, "following": following},
    }


def profile(row: Row[Any]) -> dict[str, Any]:
    return {"username": row.username, "bio": row.bio, "image": row.image, "following": row.following}


def comment(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
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
