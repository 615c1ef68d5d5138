"""Arguments of fields whose resolvers are made by a function: declared as data."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

Resolver = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, optional where its type admits None; `graphql_name` where camelCase is not it."""

    name: str
    kind: Any
    description: str
    optional: bool = True
    graphql_name: str | None = None


def with_arguments(
    resolver: Resolver, arguments: tuple[Argument, ...], *, with_root: bool = False
) -> Resolver:
    """Give a resolver `(info, **given)` the signature from which Strawberry reads its arguments.

    One `with_root` is `(root, info, **given)` and gets its source, too. An argument that the caller
    leaves out is not in `given`.
    """
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("root", either, annotation=Any)] if with_root else []
    parameters.append(inspect.Parameter("info", either, annotation=strawberry.Info))
    for argument in arguments:
        meaning = strawberry.argument(description=argument.description, name=argument.graphql_name)
        kind = argument.kind | None if argument.optional else argument.kind
        parameters.append(
            inspect.Parameter(
                argument.name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[kind, meaning],
                default=UNSET if argument.optional else inspect.Parameter.empty,
            )
        )
    resolver.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return resolver
