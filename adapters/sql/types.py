"""Column types that mean the same on PostgreSQL and SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, LargeBinary, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from adapters.sql.sealing import seal, unseal

Key = BigInteger().with_variant(Integer, "sqlite")
"""A database identity, below 2^53."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An instant: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite; always UTC in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """A number on SQLite, so that instants sort and compare as such."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else self.impl)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses a time without an offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant needs its offset from UTC")
        if dialect.name != "sqlite":
            return value
        return microseconds_of(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        if value is None:
            return None
        if dialect.name != "sqlite":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


def microseconds_of(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z."""
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Sealed(TypeDecorator[str]):
    """Text kept encrypted (AES-256-GCM) and bound to its column, given as `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """The sealed bytes."""
        return None if value is None else seal(value, self.column)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """The text."""
        return None if value is None else unseal(value, self.column)


class Percentage(TypeDecorator[Decimal]):
    """A percentage: `numeric(5,2)` on PostgreSQL, hundredths as a whole number on SQLite."""

    impl = Numeric(5, 2, asdecimal=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """A whole number on SQLite, which has no decimals."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else self.impl)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Hundredths on SQLite."""
        if value is None or dialect.name != "sqlite":
            return value
        return int(value * 100)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The decimal."""
        if value is None or dialect.name != "sqlite":
            return value
        return Decimal(value).scaleb(-2)
