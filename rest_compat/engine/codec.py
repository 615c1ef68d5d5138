"""Codecs: how one kind of value is spelled on the wire, both ways, with its JSON Schema.

A codec is data: functions and a schema. `read` takes a JSON value and `read_text` the text of a
query, form, header or CSV cell; both answer the domain's value or raise Unfit. What can only be
understood in the caller's business (a wall time, an amount of money) is answered as Later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from core.kernel.errors import Issue

Schema = Mapping[str, Any]


class Unfit(ValueError):
    """A value that a codec cannot read; the paths of its issues are relative to the value."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(issues)
        self.issues = issues


def unfit(code: str, message: str) -> Unfit:
    """An Unfit with one issue, about the value itself."""
    return Unfit([Issue("", code, message)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The facts of the caller's business in which wall times and amounts are understood."""

    zone: ZoneInfo
    currency: str


@dataclass(frozen=True, slots=True)
class Later:
    """A value that is settled once the caller's business is known; `settle` may raise Unfit."""

    settle: Callable[[Surroundings], Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Codec:
    """How one kind of value is spelled.

    `write` takes one argument for each path that its field names. `accepts` is the schema in
    requests where it is wider than in answers. `shape` is the Shape of nested objects, `many` says
    that they come as a list; `writes_none` lets `write` see None instead of answering null for it.
    `takes` is what else than text a form or query may bring: the members of an object, or a file.
    `parts` are the Shapes that the schema refers to.
    """

    read: Callable[[Any], Any]
    read_text: Callable[[str], Any]
    write: Callable[..., Any]
    schema: Schema
    accepts: Schema | None = None
    shape: Any = None
    many: bool = False
    writes_none: bool = False
    takes: Literal["text", "members", "file"] = "text"
    parts: tuple[Any, ...] = ()

    @property
    def asked(self) -> Schema:
        """The JSON Schema of what is accepted."""
        return self.schema if self.accepts is None else self.accepts


def from_text(
    parse: Callable[[str], Any],
    *,
    write: Callable[..., Any],
    schema: Schema,
    accepts: Schema | None = None,
    writes_none: bool = False,
) -> Codec:
    """The codec of values that are spelled as a JSON string."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise unfit("WRONG_TYPE", "must be a string")
        return parse(value)

    return Codec(
        read=read, read_text=parse, write=write, schema=schema, accepts=accepts, writes_none=writes_none
    )


def listed(item: Codec, *, most: int = 100) -> Codec:
    """A list of values of one kind, in order; in a query, the key repeated."""

    def read_with(one: Callable[[Any], Any], values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise unfit("WRONG_TYPE", "must be a list")
        if len(values) > most:
            raise unfit("TOO_MANY", f"must not hold more than {most}")
        answer, issues = [], []
        for at, value in enumerate(values):
            try:
                answer.append(one(value))
            except Unfit as found:
                issues += under(str(at), found)
        if issues:
            raise Unfit(issues)
        return answer

    return Codec(
        read=lambda values: read_with(item.read, values),
        read_text=lambda values: read_with(item.read_text, values),
        write=lambda values: [item.write(value) for value in values],
        schema={"type": "array", "items": item.schema},
        accepts={"type": "array", "items": item.asked, "maxItems": most},
        many=True,
        parts=item.parts,
    )


def mapping() -> Codec:
    """An object of names and texts, whatever the names; in a query `metadata[name]=text`."""

    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            raise unfit("WRONG_TYPE", "must be an object of texts")
        return dict(value)

    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    return Codec(read=read, read_text=read, write=dict, schema=schema, takes="members")


def worked(write: Callable[..., Any], schema: Schema) -> Codec:
    """A value that is only ever answered, worked out by a function of the field's paths."""
    return Codec(read=_never, read_text=_never, write=write, schema=schema, writes_none=True)


def constant(value: Any, schema: Schema) -> Codec:
    """A value that is always the same; its field names no path."""
    return worked(lambda: value, schema)


def under(name: str, found: Unfit) -> list[Issue]:
    """The issues of a part, as issues of the whole that holds it under a name."""
    return [
        Issue(f"{name}.{issue.path}" if issue.path else name, issue.code, issue.message)
        for issue in found.issues
    ]


def waits(value: Any) -> bool:
    """Whether a value, or one within it, is Later."""
    if isinstance(value, Mapping):
        return any(map(waits, value.values()))
    if isinstance(value, list):
        return any(map(waits, value))
    return isinstance(value, Later)


def settle(value: Any, around: Surroundings) -> Any:
    """The value with every Later in it settled. Raises Unfit."""
    if isinstance(value, Later):
        return value.settle(around)
    if isinstance(value, list):
        return [settle(one, around) for one in value]
    if isinstance(value, Mapping):
        return {name: settle(one, around) for name, one in value.items()}
    return value


def _never(value: Any) -> Any:
    raise AssertionError("this codec only writes")
