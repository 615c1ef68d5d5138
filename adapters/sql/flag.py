"""A flag as a condition, in the words that partial indexes are made with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class flag(FunctionElement[bool]):  # noqa: N801  # it reads like a function
    """The flag itself: SQLite uses a partial index only for the words it was made with, and
    `is_active = 1` are others than `is_active`."""

    type = Boolean()
    inherit_cache = True
    name = "flag"
    _is_implicitly_boolean = True


@compiles(flag)
def _as_it_is(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    return str(compiler.process(column, **options))
