"""A use case says its verb and what it may refuse; edges read both, and call it as a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.kernel.errors import DomainError

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Declared:
    """What a use case promises: its verb (`appointment.book`) and the errors it raises."""

    verb: str
    raises: tuple[type[DomainError], ...]


def use_case(verb: str, *, raises: tuple[type[DomainError], ...]) -> Callable[[F], F]:
    """Declare a function as a use case."""

    def declare(function: F) -> F:
        function.declared = Declared(verb, raises)  # type: ignore[attr-defined]
        return function

    return declare


def declared(function: Callable[..., Any]) -> Declared:
    """What a use case declared. Raises TypeError for any other function."""
    found = getattr(function, "declared", None)
    if not isinstance(found, Declared):
        raise TypeError(f"{function.__qualname__} is not a use case: decorate it with @use_case")
    return found
