"""What every table shares: the metadata with its naming convention, and the timestamp type."""

from datetime import datetime

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from hotroute.database.columns import NAMES, Timestamp


class Base(DeclarativeBase):
    """The declarative base of Conduit's models."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Timestamp()}  # noqa: RUF012
