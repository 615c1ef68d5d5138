"""A contract: the documented operations of a dialect, as its YAML lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml


class Addressed(Protocol):
    """Whatever stands at a method and a path."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def path(self) -> str:
        """The documented path."""
        ...


@dataclass(frozen=True, eq=False)
class Operation:
    """One documented operation; `notes` are its parameters' remarks by name, `basis` how it is documented."""

    id: str
    method: str
    path: str
    summary: str
    auth: str
    basis: str
    status: int
    notes: Mapping[str, str]
    example: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        """Whether it takes no credential of the business."""
        return self.auth in ("public", "public_token")


class Contract:
    """The operations of a dialect, in the contract's order."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self.operations = operations
        self._by_address = {(one.method, one.path): one for one in operations}

    def at(self, method: str, path: str) -> Operation | None:
        """The operation at a documented address."""
        return self._by_address.get((method, path))

    def pending(self, served: Iterable[Addressed]) -> list[Operation]:
        """The operations that none of these routes serves."""
        addresses = {(one.method, one.path) for one in served}
        return [one for one in self.operations if (one.method, one.path) not in addresses]


@cache
def read_contract(file: Path) -> Contract:
    """The contract in a file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    told = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return Contract(tuple(_operation(row) for row in told["operations"]))


def _operation(row: Mapping[str, Any]) -> Operation:
    return Operation(
        id=row["id"],
        method=row["method"],
        path=row["path"],
        summary=row["summary"],
        auth=row["auth"],
        basis=row.get("basis") or row["origin"],
        status=row["response"]["status"],
        notes={one["name"]: one["note"] for one in row["params"] if one.get("note")},
        example=_legible(row["response"].get("example")),
    )


def _legible(example: Any) -> Any:
    """An example with addresses in the place of those that the vendor's site made unreadable."""
    if isinstance(example, dict):
        return {name: _legible(value) for name, value in example.items()}
    if isinstance(example, list):
        return [_legible(value) for value in example]
    return "someone@example.com" if example == "[email protected]" else example
