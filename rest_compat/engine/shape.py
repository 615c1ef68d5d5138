"""Shapes: what a resource or a request looks like on the wire, as rows of fields.

    CLIENT = Shape("Client", of=reads.CLIENT, rows=(
        Field("id",        "id",                         CLIENT_ID),
        Field("artist",    "preferred_provider",         nested(ARTIST_REF), nullable=True),
        Field("spent",     "total_spent_minor currency", MAJOR),
    ))

A path names the domain's value: a column, or one beyond to-one relations (`client.display_name`).
Several paths, parted by spaces, are all given to the codec; `.` is the whole row; a constant has
none. In requests the path is the name by which the use case's command takes the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cache
from typing import Any, Literal

from auth.permissions import Permission
from core.kernel.errors import Issue
from core.kernel.reading import AnyOf, Noun, Where
from rest_compat.engine.body import Upload
from rest_compat.engine.codec import Codec, Later, Surroundings, Unfit, under, unfit

Place = Literal["path", "query", "header", "body"]
Condition = Callable[[Any], Where | AnyOf | Later]
ABSENT = object()


@dataclass(frozen=True, eq=False)
class Field:
    """One row of a shape: the wire's name, the domain's path, and how the value is spelled.

    In requests: `required`; `nullable`, where null is passed on as None; `default`, as spelled on
    the wire; `at`, else path, query or body by method; and the `condition` that a filter becomes,
    else equality with the column of its path. In answers: null for callers without the permission
    `only_for`, and left out when None where it is there only `sometimes`.
    """

    name: str
    path: str
    codec: Codec
    _: KW_ONLY
    required: bool = False
    nullable: bool = False
    default: Any = ABSENT
    at: Place | None = None
    condition: Condition | None = None
    only_for: Permission | None = None
    sometimes: bool = False


@dataclass(frozen=True, eq=False)
class Shape:
    """What a resource or a request looks like.

    `of` is the noun that an answer reads. `makes` is the command that a request becomes, with what
    the voice `always` says; `finish` is a function for what rows cannot say: it is given the values
    by path and the business's facts, and may raise Unfit with issues by path.
    """

    name: str
    _: KW_ONLY
    rows: tuple[Field, ...]
    of: Noun | None = None
    makes: Callable[..., Any] | None = None
    always: Mapping[str, Any] = field(default_factory=dict)
    finish: Callable[[dict[str, Any], Surroundings], dict[str, Any]] | None = None

    def wire_name(self, path: str) -> str:
        """A domain path as clients know it; the path itself where no row has it."""
        head, dot, rest = path.partition(".")
        return next((row.name + dot + rest for row in self.rows if row.path == head), path)


NOTHING = Shape("Nothing", rows=())


@cache
def paths_of(path: str) -> tuple[tuple[str, ...], ...]:
    """The single paths that a field's path names, each as the names to follow from the row."""
    return tuple(() if one == "." else tuple(one.split(".")) for one in path.split())


def optional(rows: tuple[Field, ...], *, but: str = "") -> tuple[Field, ...]:
    """The same fields, each of which may be absent and then has no default, without the one named in `but`:
    for partial changes."""
    return tuple(replace(row, required=False, default=ABSENT) for row in rows if row.name != but)


def nested(shape: Shape) -> Codec:
    """An object within the object: a to-one relation, or values of the same row (path `.`)."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise unfit("WRONG_TYPE", "must be an object")
        values, issues = read_fields(shape.rows, value)
        if issues:
            raise Unfit(issues)
        return values

    reference = {"$ref": f"#/components/schemas/{shape.name}"}
    return Codec(
        read=read,
        read_text=read,
        write=lambda row: written(shape, row),
        schema=reference,
        shape=shape,
        parts=(shape,),
    )


def many(shape: Shape) -> Codec:
    """A list of the objects of a to-many relation, read in one more statement."""
    one = nested(shape)
    return Codec(
        read=one.read,
        read_text=one.read_text,
        write=lambda rows: [written(shape, row) for row in rows],
        schema={"type": "array", "items": one.schema},
        shape=shape,
        many=True,
        parts=(shape,),
    )


def read_fields(
    rows: tuple[Field, ...],
    raw: Mapping[str, Any],
    *,
    is_text: bool = False,
    null_is_absent: bool = False,
) -> tuple[dict[str, Any], list[Issue]]:
    """The domain's values by path, and every issue found; what is absent is not among the values."""
    values: dict[str, Any] = {}
    issues: list[Issue] = []
    for row in rows:
        given = raw.get(row.name, ABSENT)
        if given is None and null_is_absent and not row.nullable:
            given = ABSENT
        try:
            if given is not ABSENT:
                values[row.path] = _read(row, given, is_text)
            elif row.required:
                raise unfit("REQUIRED", "is required")
            elif row.default is not ABSENT:
                values[row.path] = row.codec.read(row.default)
        except Unfit as found:
            issues += under(row.name, found)
    return values, issues


def _read(row: Field, given: Any, is_text: bool) -> Any:
    if given is None:
        if not row.nullable:
            raise unfit("NULL", "must not be null")
        return None
    if not is_text:
        return row.codec.read(given)
    if row.codec.many and isinstance(given, str):
        given = [given]
    if not _suits(row.codec, given):
        raise unfit("WRONG_TYPE", "is of the wrong kind")
    return row.codec.read_text(given)


def _suits(codec: Codec, given: Any) -> bool:
    """Whether what a query or form brought is of a kind that the codec can look at."""
    if codec.takes == "members":
        return isinstance(given, Mapping)
    if isinstance(given, Upload):
        return codec.takes == "file"
    return isinstance(given, list if codec.many else str)


def written(shape: Shape, row: Any) -> dict[str, Any]:
    """The object on the wire, of a row or of anything with attributes."""
    made: dict[str, Any] = {}
    for one in shape.rows:
        values = [value_at(row, path) for path in paths_of(one.path)]
        if values and values[0] is None and not one.codec.writes_none:
            if not one.sometimes:
                made[one.name] = None
        else:
            made[one.name] = one.codec.write(*values)
    return made


def value_at(row: Any, names: tuple[str, ...]) -> Any:
    """The value at a path within a row: None beyond a relation that leads nowhere, and where it was not read."""
    for name in names:
        if row is None:
            return None
        row = row.get(name) if isinstance(row, Mapping) else getattr(row, name)
    return row
