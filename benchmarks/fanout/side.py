"""One side of the comparison."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette


@dataclass(frozen=True, kw_only=True)
class Side:
    """An application, what makes the next event happen, and the token that subscribers come with, if any."""

    app: Starlette
    emit: Callable[[], Awaitable[None]]
    token: str = ""
