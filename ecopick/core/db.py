"""Declarative base, column conventions and mixins shared by every model."""

import enum
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import uuid_utils.compat
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

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

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            uuid.UUID: Uuid(as_uuid=True),
            str: Text,
            list[str]: ARRAY(Text),
            dict[str, Any]: JSONB(none_as_null=True),
            list[dict[str, Any]]: JSONB(none_as_null=True),
        },
    )
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


def owner_key(parent: str | None = None) -> UniqueConstraint:
    """The target of composite foreign keys inside one owner.

    With ``parent`` it is the target of keys that also prove the parent, as a
    unit of this very building.
    """
    return UniqueConstraint(*_owner_columns("id", parent))


def owner_fk(
    column: str,
    table: str,
    *,
    parent: str | None = None,
    parent_column: str | None = None,
    **options: Any,
) -> ForeignKeyConstraint:
    """A foreign key that cannot leave the owner: ``(owner, column)``.

    ``parent`` adds the column that both rows share, so that a ticket's unit is
    a unit of the ticket's building; ``parent_column`` is its name on this side
    where the names differ. With a null in any column the constraint does not
    apply (MATCH SIMPLE).
    """
    return ForeignKeyConstraint(
        _owner_columns(column, parent_column or parent),
        [f"{table}.{name}" for name in _owner_columns("id", parent)],
        **options,
    )


def vendor_fk() -> ForeignKeyConstraint:
    """The vendor of a tenant-owned row is one that works for this owner."""
    return ForeignKeyConstraint(
        ["property_owner_id", "vendor_org_id"],
        ["owner_vendors.property_owner_id", "owner_vendors.vendor_org_id"],
    )


def _owner_columns(column: str, parent: str | None) -> list[str]:
    return ["property_owner_id", *([parent] if parent else []), column]


_Value = TypeVar("_Value", bound=enum.StrEnum)


class EnumText(TypeDecorator[_Value]):
    """A ``StrEnum`` stored as text; pair it with ``one_of`` for the CHECK."""

    impl = Text
    cache_ok = True

    def __init__(self, values: type[_Value]) -> None:
        super().__init__()
        self.values = values

    def process_bind_param(self, value: _Value | None, dialect: Dialect) -> str | None:
        """The text; a value outside the list is a ``ValueError``."""
        return None if value is None else self.values(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Value | None:
        """The member of the enum."""
        return None if value is None else self.values(value)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A text column limited to a list of values, so that values can be appended."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")
