"""Telling a value that was not given from one that was given as nothing."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""Not given: leave it as it is. None means: make it nothing."""

Maybe: TypeAlias = T | Literal[Unset.UNSET]


def given(value: T | Literal[Unset.UNSET], otherwise: T) -> T:
    """The value where it was given, else the other."""
    return otherwise if value is UNSET else value
