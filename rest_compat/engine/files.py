"""Codecs of what comes as a file: the file itself, or a table in CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from core.kernel.errors import Issue
from rest_compat.engine.body import Upload
from rest_compat.engine.codec import Codec, unfit
from rest_compat.engine.shape import Shape, read_fields

MAX_LINES = 10_000
_FILE_SCHEMA = {"type": "string", "format": "binary"}


@dataclass(frozen=True)
class Line:
    """A line of a table, numbered from 2 as an editor shows it below the names: values by path, or issues."""

    number: int
    values: dict[str, Any]
    issues: list[Issue]


def upload(*media_types: str) -> Codec:
    """A file of one of the media types."""

    def read(given: Any) -> Upload:
        if not isinstance(given, Upload) or given.content_type not in media_types:
            raise unfit("WRONG_TYPE", f"must be a file: {', '.join(media_types)}")
        return given

    return Codec(read=read, read_text=read, write=str, schema=_FILE_SCHEMA, takes="file")


def table(lines_as: Shape) -> Codec:
    """A table in CSV whose first line names its columns: as a file, or as text."""

    def read(given: Any) -> list[Line]:
        if isinstance(given, Upload):
            given = _text(given.content)
        if not isinstance(given, str):
            raise unfit("WRONG_TYPE", "must be CSV")
        return _lines(given, lines_as)

    return Codec(
        read=read, read_text=read, write=str, schema={"type": "string"}, accepts=_FILE_SCHEMA, takes="file"
    )


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unfit("NOT_UTF8", "must be UTF-8") from None


def _lines(text: str, lines_as: Shape) -> list[Line]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    known = {row.name for row in lines_as.rows}
    try:
        if not known & set(reader.fieldnames or ()):
            raise unfit(
                "NO_COLUMNS", f"must begin with a line that names columns: {', '.join(sorted(known))}"
            )
        found = []
        for number, told in enumerate(reader, start=2):
            if number > MAX_LINES + 1:
                raise unfit("TOO_MANY", f"must not have more than {MAX_LINES} lines")
            raw = {name: cell for name, cell in told.items() if isinstance(name, str) and cell}
            found.append(Line(number, *read_fields(lines_as.rows, raw, is_text=True)))
        return found
    except csv.Error as error:
        raise unfit("NOT_CSV", f"is not CSV: {error}") from None
