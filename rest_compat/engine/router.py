"""From a path to what stands there: routes, their aliases, and documented operations not served yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from auth.allow import PUBLIC
from rest_compat.engine.contract import Contract, Operation
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.refusal import Kind, Refusal, not_found
from rest_compat.engine.route import Route


@dataclass(frozen=True)
class Description:
    """The dialect's OpenAPI document."""


DESCRIPTION = Description()
Target = Route | Operation | Description


class RoutesClash(TypeError):
    """Two routes stand at the same address."""


@dataclass
class _Node:
    """A place in the tree of paths: what stands here by method, and what lies below."""

    literal: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    targets: dict[str, tuple[Target, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """A dialect's tree of paths. Raises RoutesClash when built."""

    def __init__(self, dialect: Dialect, contract: Contract) -> None:
        self._root = _Node()
        for route in dialect.routes:
            self._add(route.method, route.path, route)
        pending = contract.pending(dialect.routes)
        for operation in pending:
            self._add(operation.method, operation.path, operation)
        self._add_aliases(dialect, pending)
        self._add("GET", f"{dialect.base_path}/openapi.json", DESCRIPTION)

    def _add_aliases(self, dialect: Dialect, pending: list[Operation]) -> None:
        targets: tuple[Route | Operation, ...] = (*dialect.routes, *pending)
        for target in targets:
            is_public = target.allow == PUBLIC if isinstance(target, Route) else target.is_public
            for alias in dialect.aliases(target.method, target.path, is_public):
                self._add(alias.method, alias.path, target)

    def _add(self, method: str, path: str, target: Target) -> None:
        node, names = self._root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literal.setdefault(segment, _Node())
        if method in node.targets:
            there = node.targets[method][0]
            raise RoutesClash(f"{target} and {there} both stand at {method} {path}")
        node.targets[method] = (target, tuple(names))

    def find(self, method: str, path: tuple[str, ...]) -> tuple[Target, dict[str, str]]:
        """What stands at a path for a method, with the path's values by name; HEAD finds GET.

        Raises Refusal: NOT_FOUND, or METHOD_NOT_ALLOWED with the header Allow.
        """
        wanted = "GET" if method == "HEAD" else method
        for node, values in _nodes_at(self._root, path, ()):
            if wanted in node.targets:
                target, names = node.targets[wanted]
                return target, dict(zip(names, values, strict=True))
        headers = {"Allow": self.allowed(path)}
        raise Refusal(Kind.METHOD_NOT_ALLOWED, f"Use one of {headers['Allow']} here.", headers=headers)

    def allowed(self, path: tuple[str, ...]) -> str:
        """The methods that a path takes, as the header Allow lists them. Raises Refusal: NOT_FOUND."""
        methods = {method for node, _ in _nodes_at(self._root, path, ()) for method in node.targets}
        if not methods:
            raise not_found()
        also = {"HEAD", "OPTIONS"} if "GET" in methods else {"OPTIONS"}
        return ", ".join(sorted(methods | also))


def _nodes_at(
    node: _Node, segments: tuple[str, ...], values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """The nodes that a path leads to, those that spell it out before those that stand for anything."""
    if not segments:
        if node.targets:
            yield node, values
        return
    segment, rest = segments[0], segments[1:]
    if segment in node.literal:
        yield from _nodes_at(node.literal[segment], rest, values)
    if node.variable is not None and segment:
        yield from _nodes_at(node.variable, rest, (*values, segment))
