"""Declarative base, column conventions and mixins shared by every model."""

import enum
import uuid
from datetime import datetime

import uuid_utils.compat
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from ecopick.core import clock

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all models; ids are made by the client, times carry their zone."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        uuid.UUID: Uuid(as_uuid=True),
        str: String,
    }
    # Insert-only tables and rows not visible yet cannot be read back.
    __mapper_args__ = {"eager_defaults": False}


def new_id() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7), made by the client."""
    return uuid_utils.compat.uuid7()


class HasId:
    """Primary key ``id``."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class CreatedAt:
    """``created_at`` from the product's clock."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Timestamps(CreatedAt):
    """``created_at`` and ``updated_at`` from the product's clock."""

    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class Owned:
    """Belongs to one property owner; the key of isolation and of sharding."""

    @declared_attr
    def property_owner_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(ForeignKey("property_owners.id"), nullable=False)


def owner_key() -> UniqueConstraint:
    """The target of composite foreign keys inside one owner."""
    return UniqueConstraint("property_owner_id", "id")


def owner_fk(column: str, table: str, **options: object) -> ForeignKeyConstraint:
    """A foreign key that cannot leave the owner: ``(owner, column)``.

    With a null ``column`` the constraint does not apply (MATCH SIMPLE).
    """
    return ForeignKeyConstraint(
        ["property_owner_id", column],
        [f"{table}.property_owner_id", f"{table}.id"],
        **options,  # type: ignore[arg-type]
    )


def one_of(column: str, values: type[enum.StrEnum] | tuple[str, ...]) -> CheckConstraint:
    """A text column limited to a list of values, so that values can be appended."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")
