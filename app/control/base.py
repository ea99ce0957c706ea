"""What every table of the control store shares."""

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Constraint names, so that a migration can name what it changes on every engine."""


class Base(DeclarativeBase):
    """The base of every mapped row.

    Integers are 64 bits wide because instants are milliseconds.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[type, TypeEngine[Any]]] = {
        int: BigInteger(),
        str: Text(),
    }
