"""Comparing text as people do: without regard to case, and telephone numbers by their digits."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, false, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Folded(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _Digits(FunctionElement[str]):
    type = Text()
    inherit_cache = True


@compiles(_Folded)
def _fold(element: Any, compiler: Any, **options: Any) -> str:
    return compiler.process(func.daybook_fold(*element.clauses), **options)  # type: ignore[no-any-return]


@compiles(_Digits, "postgresql")
def _replaced(element: Any, compiler: Any, **options: Any) -> str:
    replaced = func.regexp_replace(*element.clauses, "[^0-9]", "", "g")
    return compiler.process(replaced, **options)  # type: ignore[no-any-return]


@compiles(_Digits)
def _digits(element: Any, compiler: Any, **options: Any) -> str:
    return compiler.process(func.daybook_digits(*element.clauses), **options)  # type: ignore[no-any-return]


def add_functions(connection: Any) -> None:
    """Teach a SQLite connection to fold case beyond ASCII and to keep digits."""
    connection.create_function("daybook_fold", 1, lambda text: text and text.lower(), deterministic=True)
    connection.create_function(
        "daybook_digits", 1, lambda text: text and re.sub(r"[^0-9]", "", text), deterministic=True
    )


def contains(column: ColumnElement[Any], words: str) -> ColumnElement[bool]:
    """Whether the column holds the words, whatever their case."""
    return _Folded(column).contains(words.lower(), autoescape=True)


def contains_digits(column: ColumnElement[Any], words: str) -> ColumnElement[bool]:
    """Whether the column's digits hold the digits of the words; words without any are in no column."""
    digits = re.sub(r"[^0-9]", "", words)
    return _Digits(column).contains(digits) if digits else false()
