"""Tags."""

from typing import Any

from flask import Blueprint

from conduit.database import reading
from conduit.repositories import tags
from conduit.schemas.articles import TagsResponse
from hotroute.api.operations import operation
from hotroute.cache import hot

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
@hot(share="everyone")
@operation("GetTags", tag="Tags", access="anyone", response=TagsResponse)
def find() -> dict[str, Any]:
    """The tags in use, the most used first."""
    with reading() as connection:
        return {"tags": tags.find_in_use(connection)}
